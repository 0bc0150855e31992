// The page: which phones stand on it, and the line that they share.

import { Line } from './line.js';
import { Phone } from './phone.js';

const KEY = 'valle-sano-simulador';
const MOST = 8;

const phones = [];
const add = document.querySelector('#add');
const offline = document.querySelector('#offline');
const shelf = document.querySelector('#telefonos');
let next = 1;

const line = new Line({
  bubble: (bubble) => phones.find((phone) => phone.id === bubble.phone)?.receive(bubble),
  ready: () => phones.forEach((phone) => phone.ready()),
  renewed: () => phones.forEach((phone) => phone.renew()),
  state: (isUp) => {
    offline.textContent = isUp ? '' : 'Sin conexión. Lo que escriba saldrá al volver.';
    document.body.classList.toggle('is-offline', !isUp);
  },
});

restore();
add.addEventListener('click', () => {
  const phone = stand(next, 'whatsapp');
  settle();
  phone.focus();
});
document.addEventListener('visibilitychange', () => {
  phones.forEach((phone) => phone.seen());
});
setInterval(() => phones.forEach((phone) => phone.tick()), 5000);

function stand(number, look) {
  const phone = new Phone({ number, look, line, on: { remove, look: settle } });
  phones.push(phone);
  shelf.append(phone.root);
  next = Math.max(next, number + 1);
  return phone;
}

function remove(phone) {
  phones.splice(phones.indexOf(phone), 1);
  phone.root.remove();
  settle();
  (phones.at(-1) ?? { focus: () => add.focus() }).focus();
}

function settle() {
  add.disabled = phones.length >= MOST;
  for (const phone of phones) phone.isReady = false;
  line.listen(phones.map((phone) => phone.id));
  try {
    localStorage.setItem(KEY, JSON.stringify({ next, phones: phones.map(({ number, look }) => ({ number, look })) }));
  } catch {
    // Without storage the page starts with one phone each time.
  }
}

function restore() {
  const kept = remembered();
  next = kept.next;
  for (const { number, look } of kept.phones) stand(number, look);
  settle();
}

function remembered() {
  const isPhone = (phone) => Number.isInteger(phone?.number) && phone.number > 0 && phone.number < 10000 && ['whatsapp', 'sms'].includes(phone.look);
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    const known = kept.phones.filter(isPhone).slice(0, MOST);
    return { next: Number.isInteger(kept.next) ? kept.next : 1, phones: known };
  } catch {
    return { next: 1, phones: [{ number: 1, look: 'whatsapp' }] };
  }
}
