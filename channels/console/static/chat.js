// Where a psychologist writes: nothing is sent twice, nothing is lost by a cut network, and the lock closes it at once.

import { renew } from './live.js';
import { offer } from './offer.js';
import { patience } from './patience.js';

let isNearEnd = true;
let size = '';
// What she reads last stays in sight when the composer grows or the window shrinks.
const watched = new ResizeObserver(() => { if (isNearEnd) toEnd(); });

const LIFE_MS = 15000;
const area = document.getElementById('live');
const composer = document.getElementById('composer');
const words = document.getElementById('words');
const send = document.getElementById('send');
const closed = document.getElementById('closed');
const told = document.getElementById('told');
const cost = document.getElementById('cost');
const outgoing = document.getElementById('outgoing');
const csrf = document.querySelector('meta[name="csrf"]').content;
const waiting = [];
let isBusy = false;
let isLost = false;
let livedAt = 0;
let saving = 0;
let savedWords = words.defaultValue;

composer.addEventListener('submit', (event) => { event.preventDefault(); say(); });
words.addEventListener('keydown', (event) => {
  if (event.key === '/' && !words.value && !words.readOnly) {
    event.preventDefault();
    offer();
  }
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say();
  }
});
words.addEventListener('input', () => {
  clearTimeout(saving);
  saving = setTimeout(keep, 700);
});
addEventListener('beforeunload', (event) => {
  if (waiting.length || (words.value !== savedWords && document.body.classList.contains('cut'))) event.preventDefault();
});
addEventListener('pagehide', () => {
  if (words.value !== savedWords) navigator.sendBeacon(composer.dataset.draft, form({ text: words.value, csrf }));
});
for (const name of ['keydown', 'pointerdown']) addEventListener(name, live, { passive: true });
area.addEventListener('renewed', shown);
document.addEventListener('click', clicked);
document.addEventListener('keydown', jump);
for (const one of document.querySelectorAll('form[data-act]')) one.addEventListener('submit', act);
// She may have begun to type before this was here.
if (words.value !== savedWords) saving = setTimeout(keep, 700);
toEnd();

// Saying something

function say() {
  const text = words.value.trim();
  if (!text || send.disabled) return;
  waiting.push({ id: crypto.randomUUID(), text });
  words.value = '';
  words.focus();
  draw();
  push();
}

async function push() {
  if (isBusy || !waiting.length) return;
  isBusy = true;
  const one = waiting[0];
  let wait = 0;
  try {
    const answer = await post(composer.action, { text: one.text, id: one.id, lease: lease() });
    one.isCut = false;
    if (answer.ending === 'pending') wait = 1500;
    else finish(one, answer);
  } catch {
    // The same id goes again: if it was taken after all, it is said once.
    one.isCut = true;
    wait = 2000;
  }
  draw();
  isBusy = false;
  if (wait) setTimeout(push, wait);
  else push();
}

function finish(one, answer) {
  const place = waiting.indexOf(one);
  if (place >= 0) waiting.splice(place, 1);
  if (answer.ok) {
    savedWords = '';
    if (words.value) keep();
    tell('');
  } else {
    words.value = words.value ? `${one.text}\n${words.value}` : one.text;
    tell(answer.said);
    keep();
  }
  renew(area).catch(() => {});
}

function draw() {
  outgoing.replaceChildren(...waiting.map((one) => {
    const item = document.createElement('li');
    const text = document.createElement('p');
    text.textContent = one.text;
    const state = document.createElement('p');
    state.className = 'mark';
    state.textContent = one.isCut ? 'Sin red: se enviará sola cuando vuelva. ' : 'Enviando… ';
    if (one.isCut) {
      const drop = document.createElement('button');
      drop.type = 'button';
      drop.className = 'quiet';
      drop.textContent = 'No enviarla';
      drop.addEventListener('click', () => take(one));
      state.append(drop);
    }
    item.append(text, state);
    return item;
  }));
}

function take(one) {
  const place = waiting.indexOf(one);
  if (place < 0) return;
  waiting.splice(place, 1);
  words.value = words.value ? `${one.text}\n${words.value}` : one.text;
  draw();
}

// What she has begun: kept by the server, sealed; nothing of it stays in this browser.

async function keep() {
  const text = [...waiting.map((one) => one.text), words.value].filter(Boolean).join('\n');
  try {
    const answer = await post(composer.dataset.draft, { text });
    savedWords = words.value;
    count(answer);
  } catch {
    clearTimeout(saving);
    saving = setTimeout(keep, 3000);
  }
}

function count(answer) {
  if (!cost.dataset.sms || !answer.segments) cost.textContent = '';
  else cost.textContent = `${answer.segments} SMS${answer.encoding === 'UCS-2' ? ' (con signos que ocupan doble)' : ''}`;
}

// The lock and the lease, as the server says them

function shown() {
  const lost = area.querySelector('[data-lost]');
  const first = document.getElementById('f1');
  isLost = Boolean(lost);
  const why = lost ? lost.textContent : first.dataset.closed;
  closed.textContent = why;
  closed.hidden = !why;
  words.readOnly = Boolean(why);
  send.disabled = Boolean(why);
  document.getElementById('ask-safe').hidden = isLost || first.dataset.phone !== 'unknown';
  if (first) for (const field of document.querySelectorAll('input[name="lease"]')) field.value = first.dataset.lease;
  for (const button of document.querySelectorAll('.deeds button')) button.disabled = isLost;
  const lines = document.getElementById('lines');
  if (lines && isNearEnd) toEnd();
}

document.addEventListener('scroll', ({ target: lines }) => {
  if (lines.id !== 'lines') return;
  // A scroll that comes with another size is the window's or a new line's doing, not hers.
  if (isNearEnd && sizeOf(lines) !== size) toEnd();
  else isNearEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
}, { capture: true, passive: true });

function sizeOf(lines) {
  return `${lines.scrollHeight} ${lines.clientHeight}`;
}

function toEnd() {
  const lines = document.getElementById('lines');
  if (!lines) return;
  watched.observe(lines); // another element after each renewal
  lines.scrollTop = lines.scrollHeight;
  size = sizeOf(lines);
}

// Deeds and their dialogs

async function act(event) {
  event.preventDefault();
  const given = event.target;
  given.dataset.id ||= crypto.randomUUID();
  const button = given.querySelector('button:not([data-dismiss])');
  button.disabled = true;
  try {
    const fields = Object.fromEntries(new FormData(given));
    const answer = await post(given.action, { ...fields, id: given.dataset.id });
    delete given.dataset.id;
    if (answer.go) {
      location.assign(answer.go);
      return;
    }
    tell(answer.said);
    if (answer.ok) {
      given.closest('dialog')?.close();
      given.reset();
    }
    renew(area).catch(() => {});
  } catch {
    tell('Sin red: no se hizo. Intente de nuevo; no se hará dos veces.');
  }
  button.disabled = isLost;
}

function clicked(event) {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.opens === 'saved') offer();
  else if (button.dataset.opens) document.getElementById(button.dataset.opens).showModal();
  if ('dismiss' in button.dataset) button.closest('dialog').close();
  if (button.dataset.again) {
    words.value = button.dataset.again;
    words.focus();
  }
  if (button.dataset.reply) {
    button.closest('dialog').close();
    if (!words.readOnly) words.value = words.value ? `${words.value} ${button.dataset.reply}` : button.dataset.reply;
    words.focus();
    words.dispatchEvent(new Event('input'));
  }
  if (button.dataset.image) look(button);
}

function look(button) {
  const known = button.nextElementSibling;
  if (known?.tagName === 'IMG') {
    const isBlurred = known.classList.toggle('blurred');
    button.textContent = isBlurred ? 'Ver clara' : 'Ver borrosa';
    return;
  }
  const image = document.createElement('img');
  image.alt = 'Imagen que ella envió';
  image.src = button.dataset.image;
  image.className = 'clear' in button.dataset ? '' : 'blurred';
  button.after(image);
  button.textContent = 'clear' in button.dataset ? 'Ver borrosa' : 'Ver clara';
}

function jump(event) {
  if (!event.altKey || event.ctrlKey || !/^[1-4]$/.test(event.key)) return;
  const link = document.querySelector(`#tabs [aria-keyshortcuts="Alt+${event.key}"]`);
  if (link) {
    event.preventDefault();
    link.click();
  }
}

function live() {
  if (isLost || Date.now() - livedAt < LIFE_MS) return;
  livedAt = Date.now();
  post(composer.dataset.life, { lease: lease() }).catch(() => { livedAt = 0; });
}

function lease() {
  return composer.elements.lease.value;
}

function tell(text) {
  told.textContent = text;
  told.hidden = !text;
}

async function post(address, fields) {
  const headers = { 'X-CSRF': csrf, Accept: 'application/json' };
  const answer = await fetch(address, { method: 'POST', headers, body: form(fields), signal: patience() });
  if (answer.status === 423) location.assign(`/consola/bloqueo?sigue=${encodeURIComponent(location.pathname)}`);
  if (answer.status === 204) return {};
  if (answer.status === 404) return { ending: 'nothing_open', ok: false, said: 'Esta conversación ya no está abierta.', go: '' };
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  return answer.json();
}

function form(fields) {
  return new URLSearchParams(Object.entries(fields));
}
