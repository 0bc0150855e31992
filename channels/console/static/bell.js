// Listens to the one stream, in a hidden tab too: renews what is shown, and rings for whoever waits.

import { renew } from './live.js';

const area = document.querySelector('[data-live]');
const net = document.getElementById('net');
const title = document.title;
const chat = area?.dataset.chat;
let stream;
let audio;
let asking = false;

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
  stream.addEventListener('open', () => said(''));
  stream.addEventListener('moved', (event) => moved(JSON.parse(event.data)));
  stream.addEventListener('beat', () => look());
  stream.addEventListener('error', lost);
}

async function lost() {
  said('Sin conexión: se sigue intentando. Esta página no cambia hasta que vuelva.');
  if (stream.readyState !== EventSource.CLOSED) return;
  stream.close();
  try {
    const answer = await fetch('/consola/avisos');
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
  if (area && isOurs) renew(area).catch(() => said('Sin conexión: se sigue intentando.'));
  if (change.all || change.rings) look();
}

async function look() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch('/consola/avisos');
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
  sessionStorage.setItem('rung', JSON.stringify([...bell.waiting, ...bell.calls]));
  const count = bell.waiting.length;
  document.title = `${count ? `(${count}${bell.emergencies.length ? '!' : ''}) ` : ''}${title}`;
  for (const badge of document.querySelectorAll('#queue-count, [data-queue-count]')) {
    badge.hidden = count === 0;
    badge.textContent = String(count);
    badge.classList.toggle('emergency', bell.emergencies.length > 0);
  }
  const isMuted = sessionStorage.getItem('mute') === 'yes';
  const isGrave = bell.emergencies.length > 0 || isCalled;
  if (isGrave) sound(880, 3);
  else if ((fresh.length || bell.neglected.length) && !isMuted) sound(620, 1);
  if (isGrave || fresh.length) notify(bell.emergencies.length > 0, count);
  if (isCalled && area && !chat) renew(area);
  const rang = Number(document.body.dataset.rang || 0);
  document.body.dataset.rang = String(rang + (isGrave || fresh.length ? 1 : 0));
}

function notify(isEmergency, count) {
  if (!('Notification' in window) || Notification.permission !== 'granted' || !document.hidden) return;
  const note = new Notification(isEmergency ? 'Emergencia en la cola' : 'Alguien espera', {
    body: `Esperan ${count}.`, tag: 'cola', renotify: true, requireInteraction: isEmergency,
  });
  note.onclick = () => { focus(); note.close(); };
}

function sound(pitch, times) {
  if (!audio || audio.state !== 'running') return;
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
