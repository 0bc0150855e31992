// One phone on the page: its screen, its log, what is written on it.

import { brief } from './bubble.js';
import { clock, el, icon, longDay } from './dom.js';
import { Log } from './log.js';
import { attachMenu, listSheet } from './menus.js';

const ASIDES = {
  on: '',
  locked: 'Así lo vería otra persona sin desbloquear el teléfono.',
  off: 'La pantalla se enciende sola unos segundos cuando llega un mensaje.',
};
const LIT = 4000;
const SAMPLE_POINT = { latitude: 3.900736, longitude: -76.298979 }; // Guadalajara de Buga, its centre
const NEVER = Number.MAX_SAFE_INTEGER; // the place of what the service has not seen: last

export class Phone {
  /** on: {remove(phone), look(phone)} */
  constructor({ number, look, line, on }) {
    this.number = number;
    this.line = line;
    this.isReady = false;
    this.pending = 0;
    this.root = document.querySelector('#phone').content.cloneNode(true).firstElementChild;
    this.find = (selector) => this.root.querySelector(selector);
    this.sheet = listSheet(this.root);
    this.log = new Log(this.find('.log'), this.find('.down'), {
      tap: (bubble, button) => this.#tap(bubble, button),
      list: (bubble, opener) => this.sheet.open(bubble.buttons, opener, (button) => this.#tap(bubble, button)),
    });
    this.#name();
    this.#choices(on);
    this.#composer();
    attachMenu(this.root, (kind) => this.#write(kind === 'location' ? { location: SAMPLE_POINT } : { media: kind }));
    this.#setLook(look);
    this.tick();
  }

  get id() {
    return `${this.look}-${this.number}`;
  }

  /** A bubble came from the service. */
  receive(bubble) {
    const isNew = !this.log.bubbles.has(bubble.id);
    this.log.put(bubble, this.look);
    this.#notices();
    if (isNew && !bubble.mine && this.isReady) this.#lightUp();
    this.seen();
  }

  /** All that had been missed has come. */
  ready() {
    if (!this.isReady) this.log.showEnd();
    this.isReady = true;
    this.find('.log').setAttribute('aria-live', 'polite');
    this.seen();
  }

  /** What this screen shows has been read, if somebody looks at the page. */
  seen() {
    const isSeen = this.root.dataset.screen === 'on' && !document.hidden && this.isReady;
    const isNews = this.log.all.some((bubble) => !bubble.mine && bubble.status !== 'read');
    if (!isSeen || !isNews) return;
    clearTimeout(this.reading);
    const phoneId = this.id;
    this.reading = setTimeout(() => this.line.markRead(phoneId), 700);
  }

  /** The service began anew: what it no longer knows is not shown as if it did. */
  renew() {
    const unsent = this.log.all.filter((bubble) => bubble.status === 'pending');
    this.log.clear('El servicio se reinició. Este historial estaba solo en su memoria.');
    for (const bubble of unsent) this.log.put(bubble, this.look);
    this.#notices();
  }

  /** Bring the clocks up to date. */
  tick() {
    const now = new Date();
    for (const time of this.root.querySelectorAll('.clock')) time.textContent = clock(now).replace(/\s.*/u, '');
    this.find('.lock .date').textContent = longDay(now);
  }

  focus() {
    this.find('textarea').focus();
  }

  #name() {
    const name = `Teléfono ${this.number}`;
    const title = this.find('h2');
    title.id = `titulo-${this.number}`;
    title.textContent = name;
    this.root.setAttribute('aria-labelledby', title.id);
    this.find('.remove').setAttribute('aria-label', `Quitar el ${name}`);
    this.find('.log').setAttribute('aria-label', `Conversación del ${name}`);
    this.find('textarea').setAttribute('aria-label', `Mensaje del ${name}`);
    this.find('.number').textContent = `desde +57 000 000 ${String(this.number).padStart(4, '0')}`;
  }

  #choices(on) {
    this.find('.remove').addEventListener('click', () => on.remove(this));
    for (const kind of ['look', 'screen']) {
      for (const input of this.root.querySelectorAll(`.${kind} input`)) {
        input.name = `${kind}-${this.number}`;
        input.addEventListener('change', () => {
          if (kind === 'screen') this.#setScreen(input.value);
          else {
            this.#setLook(input.value);
            on.look(this);
          }
        });
      }
    }
  }

  #setLook(look) {
    this.look = look;
    this.isReady = false;
    this.root.dataset.look = look;
    this.find(`.look input[value=${look}]`).checked = true;
    this.find('.log').setAttribute('aria-live', 'off');
    this.sheet.close();
    this.log.clear();
    this.#notices();
  }

  #setScreen(screen) {
    this.root.dataset.screen = screen;
    this.find('.chat').inert = screen !== 'on';
    this.find('.aside').textContent = ASIDES[screen];
    delete this.root.dataset.lit;
    this.log.showEnd();
    this.seen();
  }

  #lightUp() {
    if (this.root.dataset.screen !== 'off') return;
    this.root.dataset.lit = '';
    clearTimeout(this.darkening);
    this.darkening = setTimeout(() => delete this.root.dataset.lit, LIT);
  }

  #composer() {
    const field = this.find('textarea');
    const fit = () => {
      field.style.height = 'auto';
      field.style.height = `${field.scrollHeight}px`;
    };
    const submit = () => {
      const text = field.value.trim();
      field.value = '';
      fit();
      if (text) this.#write({ text });
    };
    field.addEventListener('input', fit);
    field.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    this.find('.composer').addEventListener('submit', (event) => {
      event.preventDefault();
      submit();
      field.focus();
    });
  }

  #tap(bubble, button) {
    this.#write({ payload: button.payload, title: button.title, answers: bubble.id });
    this.focus();
  }

  #write(message) {
    const phoneId = this.id;
    const id = crypto.randomUUID?.() ?? fallbackId();
    this.pending += 1;
    const bubble = {
      phone: phoneId, id, place: NEVER - 1000 + this.pending, mine: true, at: new Date().toISOString(), status: 'pending',
      text: message.text ?? message.title ?? '', buttons: [], payload: message.payload ?? null, answers: message.answers ?? null,
      media: message.media ?? null, location: message.location ?? null, size: null,
    };
    this.log.put(bubble, this.look);
    this.line.send(phoneId, { id, ...message }).catch(() => {
      if (this.id === phoneId) this.log.put({ ...bubble, status: 'failed' }, this.look);
    });
  }

  #notices() {
    const unread = this.log.all.filter((bubble) => !bubble.mine && bubble.status !== 'read').slice(-3).reverse();
    const app = this.look === 'sms' ? 'Mensajes' : 'WhatsApp';
    this.find('.notices').replaceChildren(...unread.map((bubble) => el('li', {},
      el('span', { class: 'app' }, icon('person'), app, el('time', { datetime: bubble.at }, clock(new Date(bubble.at)))),
      el('strong', {}, this.find('.contact').textContent),
      el('span', { class: 'words' }, brief(bubble)))));
    this.find('.nothing').hidden = unread.length > 0;
  }
}

/** Outside HTTPS and loopback a browser has no randomUUID. */
function fallbackId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}
