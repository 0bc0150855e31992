// One bubble, as WhatsApp or a plain SMS application shows it.

import { clock, el, icon } from './dom.js';

const TICKS = {
  pending: ['clock', 'Sin enviar todavía'],
  failed: ['fail', 'No se pudo enviar'],
  sent: ['tick', 'Enviado'],
  delivered: ['ticks', 'Entregado'],
  read: ['ticks', 'Leído'],
};
const MARKS = { '*': 'strong', _: 'em', '~': 's' };
const MARKED = /(?<![\p{L}\p{N}])([*_~])(?=\S)(.+?)(?<=\S)\1(?![\p{L}\p{N}])/gu;

/** Build a bubble's row. `acts`: {tap(button), list(bubble)}; they are not called for SMS. */
export function makeRow(bubble, look, acts) {
  const isPlain = look === 'sms';
  const row = el('div', { class: `row ${bubble.mine ? 'mine' : 'theirs'}`, 'data-id': bubble.id });
  const body = el('div', { class: `bubble${bubble.media || bubble.location ? ' carries' : ''}` });
  body.append(el('span', { class: 'unseen' }, bubble.mine ? 'Usted: ' : 'Contacto: '));
  const carried = attachment(bubble);
  if (carried) body.append(carried);
  if (bubble.text) body.append(el('p', { class: 'text', dir: 'auto' }, ...(isPlain ? [bubble.text] : marked(bubble.text))));
  body.append(el('span', { class: 'meta' }, el('time', { datetime: bubble.at }, clock(new Date(bubble.at))), el('span', { class: 'ticks' })));
  row.append(body);
  if (!bubble.mine && bubble.buttons.length && !isPlain) row.append(choices(bubble, acts));
  row.append(el('p', { class: 'under' }));
  update(row, bubble, look);
  return row;
}

/** Bring ticks and the line under the bubble up to date. */
export function update(row, bubble, look) {
  row.dataset.status = bubble.status;
  const [name, label] = TICKS[bubble.status];
  const showsTicks = bubble.mine && (look === 'whatsapp' || bubble.status in { pending: 1, failed: 1 });
  row.querySelector('.ticks').replaceChildren(...(showsTicks ? [icon(name, label)] : []));
  const under = [look === 'sms' && bubble.size ? size(bubble.size) : null, !bubble.mine && !(look === 'sms' && bubble.status === 'read') ? label : null];
  const line = row.querySelector('.under');
  line.replaceChildren();
  if (under[0]) line.append(el('span', { class: 'size' }, under[0]));
  if (under[1]) line.append(el('span', { class: 'reach' }, icon(name), under[1]));
}

/** A button that was tapped is not offered again. */
export function settle(row, payload) {
  for (const button of row.querySelectorAll('.choices button')) {
    button.disabled = true;
    if (button.dataset.payload === payload) button.classList.add('chosen');
  }
}

/** What a notification says of a bubble: its words on one line. */
export const brief = (bubble) => bubble.text.replace(/\s+/g, ' ').trim() || 'Mensaje';

function choices(bubble, acts) {
  const box = el('div', { class: 'choices' });
  if (bubble.buttons.length > 3) {
    box.append(el('button', { type: 'button', onclick: (event) => acts.list(bubble, event.currentTarget) }, icon('list'), 'Ver opciones'));
  } else {
    for (const button of bubble.buttons) {
      box.append(el('button', { type: 'button', 'data-payload': button.payload, onclick: () => acts.tap(bubble, button) }, icon('reply'), button.title));
    }
  }
  return box;
}

function attachment(bubble) {
  if (bubble.location) {
    const { latitude, longitude } = bubble.location;
    return el('figure', { class: 'place' }, el('img', { src: '/simulador/static/mapa.svg', alt: 'Un mapa de adorno', width: 240, height: 120 }),
      el('figcaption', {}, `Ubicación: ${latitude.toFixed(4)}, ${longitude.toFixed(4)}`));
  }
  if (bubble.media === 'image') return el('img', { class: 'photo', src: '/simulador/static/muestras/foto.jpg', alt: 'Foto de muestra: unas montañas', width: 240, height: 180 });
  if (bubble.media === 'contact') return el('p', { class: 'card' }, el('span', { class: 'face' }, icon('person')), 'Contacto de ejemplo');
  return bubble.media === 'audio' ? voice() : null;
}

function voice() {
  const sound = new Audio('/simulador/static/muestras/nota-de-voz.ogg');
  sound.preload = 'none';
  const button = el('button', { type: 'button', class: 'icon play', 'aria-label': 'Oír la nota de voz' }, icon('play'));
  const show = (isPlaying) => {
    button.replaceChildren(icon(isPlaying ? 'pause' : 'play'));
    button.setAttribute('aria-label', isPlaying ? 'Detener la nota de voz' : 'Oír la nota de voz');
  };
  button.addEventListener('click', () => (sound.paused ? sound.play().catch(() => show(false)) : sound.pause()));
  sound.addEventListener('play', () => show(true));
  for (const end of ['pause', 'ended']) sound.addEventListener(end, () => show(false));
  return el('p', { class: 'voice' }, button, el('img', { src: '/simulador/static/onda.svg', alt: '', width: 120, height: 28 }), el('span', {}, 'Nota de voz'));
}

function marked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(MARKED)) {
    parts.push(text.slice(from, found.index), el(MARKS[found[1]], {}, found[2]));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

const size = ({ encoding, segments }) => `${segments} ${segments === 1 ? 'segmento' : 'segmentos'} · ${encoding}`;
