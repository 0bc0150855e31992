// Listens to the one stream, in a hidden tab too: renews what is shown, and rings for whoever waits.

import { renew } from './live.js';
import { patience } from './patience.js';

const area = document.querySelector('[data-live]');
const net = document.getElementById('net');
const title = document.title;
const chat = area?.dataset.chat;
// The stream says something every ten seconds: silent for longer, it is dead, whatever the browser believes.
const SILENT_MS = 30 * 1000;
const AGAIN_MS = 2000;
const LATE_MS = 2000;
let stream;
let audio;
let asking = false;
let heardAt = Date.now();
let retry = 0;

open();
for (const name of ['pointerdown', 'keydown']) addEventListener(name, wake, { passive: true });
document.querySelector('[data-try-bell]')?.addEventListener('click', tryBell);
const mute = document.querySelector('[data-mute]');
if (mute) {
  mute.checked = sessionStorage.getItem('mute') === 'yes';
  mute.addEventListener('change', () => sessionStorage.setItem('mute', mute.checked ? 'yes' : 'no'));
}

function open() {
  stream = new EventSource(`/consola/corriente${chat ? `?chat=${chat}` : ''}`);
  stream.addEventListener('open', opened);
  stream.addEventListener('moved', (event) => { heardAt = Date.now(); moved(JSON.parse(event.data)); });
  stream.addEventListener('beat', () => { heardAt = Date.now(); look(); });
  stream.addEventListener('error', lost);
}

function opened() {
  heardAt = Date.now();
  said('');
}

setInterval(() => {
  // Also one that is still being opened: over a dead connection it is for minutes. What is closed opens by itself.
  if (stream.readyState === EventSource.CLOSED || Date.now() - heardAt < SILENT_MS) return;
  said('Sin conexión: se sigue intentando. Esta página no cambia hasta que vuelva.');
  heardAt = Date.now();
  stream.close();
  open();
}, 5000);

async function lost() {
  said('Sin conexión: se sigue intentando. Esta página no cambia hasta que vuelva.');
  if (stream.readyState !== EventSource.CLOSED) return;
  stream.close();
  try {
    const answer = await fetch('/consola/avisos', { signal: patience() });
    if (answer.redirected) {
      location.reload();
      return;
    }
  } catch {
    // Still away: the stream is tried again all the same.
  }
  setTimeout(open, 3000);
}

function moved(change) {
  const shown = [...document.querySelectorAll('#tabs a')].map((link) => link.pathname.split('/').pop());
  const isOurs = !chat || change.all || change.places.some((id) => id === chat || shown.includes(id));
  if (area && isOurs) refresh();
  if (change.all || change.rings) look();
}

// What could not be fetched is fetched as soon as the network is back, though nothing moves by then.
async function refresh() {
  clearTimeout(retry);
  try {
    await renew(area);
    if (stream.readyState === EventSource.OPEN) said('');
  } catch {
    said('Sin conexión: se sigue intentando. Esta página no cambia hasta que vuelva.');
    retry = setTimeout(refresh, AGAIN_MS);
  }
}

async function look() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch('/consola/avisos', { signal: patience() });
    if (answer.ok && !answer.redirected) ring(await answer.json());
  } catch {
    // The stream says that the network is away.
  } finally {
    asking = false;
  }
}

function ring(bell) {
  const known = new Set(JSON.parse(sessionStorage.getItem('rung') || '[]'));
  const fresh = bell.waiting.filter((id) => !known.has(id));
  const isCalled = bell.calls.some((id) => !known.has(id));
  // Hers who wrote while she was not looking at them; the chat before her eyes needs no bell.
  const unseen = bell.unanswered.filter((id) => id !== chat || document.hidden);
  const wrote = unseen.some((id) => !known.has(id));
  sessionStorage.setItem('rung', JSON.stringify([...bell.waiting, ...bell.calls, ...bell.unanswered]));
  const count = bell.waiting.length;
  const mark = `${unseen.length ? '● ' : ''}${count ? `(${count}${bell.emergencies.length ? '!' : ''}) ` : ''}`;
  document.title = `${mark}${title}`;
  for (const badge of document.querySelectorAll('#queue-count, [data-queue-count]')) {
    badge.hidden = count === 0;
    badge.textContent = String(count);
    badge.classList.toggle('emergency', bell.emergencies.length > 0);
  }
  const isMuted = sessionStorage.getItem('mute') === 'yes';
  const isGrave = bell.emergencies.length > 0 || isCalled;
  if (isGrave) sound(880, 3);
  else if ((fresh.length || bell.neglected.length) && !isMuted) sound(620, 1);
  else if (wrote && !isMuted) sound(440, 1);
  if (isGrave || fresh.length) notify(bell.emergencies.length ? 'Emergencia en la cola' : 'Alguien espera', `Esperan ${count}.`, bell.emergencies.length > 0);
  else if (wrote) notify('Le escribieron', 'En uno de sus chats.', false);
  if (isCalled && area && !chat) refresh();
  const rang = Number(document.body.dataset.rang || 0);
  document.body.dataset.rang = String(rang + (isGrave || fresh.length || wrote ? 1 : 0));
}

function notify(what, body, stays) {
  if (!('Notification' in window) || Notification.permission !== 'granted' || !document.hidden) return;
  const note = new Notification(what, { body, tag: 'cola', renotify: true, requireInteraction: stays });
  note.onclick = () => { focus(); note.close(); };
}

async function sound(pitch, times) {
  // Also where she has pressed nothing yet, as on the screen that closed itself: browsers let a page sound whose site
  // she has used. One that does not would play all that rang meanwhile at her first touch.
  const began = Date.now();
  wake();
  await audio.resume();
  if (Date.now() - began > LATE_MS) return;
  for (let place = 0; place < times; place += 1) {
    const start = audio.currentTime + place * 0.35;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.25);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.3);
  }
}

function wake() {
  audio ??= new AudioContext();
  if (audio.state === 'suspended') audio.resume();
}

async function tryBell() {
  wake();
  await audio.resume();
  sound(620, 2);
  if ('Notification' in window && Notification.permission === 'default') await Notification.requestPermission();
}

function said(words) {
  if (net && net.textContent !== words) net.textContent = words;
  document.body.classList.toggle('cut', words !== '');
}

look();
