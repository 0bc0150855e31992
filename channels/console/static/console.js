// A screen that nobody touches is closed after thirty minutes; one that is worked at says so now and then.

import { patience } from './patience.js';

const IDLE_MS = 30 * 60 * 1000;
const TELL_MS = 60 * 1000;

if (document.body.hasAttribute('data-signed-in')) {
  let touchedAt = Date.now();
  let toldAt = Date.now();
  for (const name of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
    addEventListener(name, () => { touchedAt = Date.now(); }, { passive: true });
  }
  setInterval(() => look(touchedAt), 5000);
  document.addEventListener('visibilitychange', () => look(touchedAt));

  function look(touched) {
    const now = Date.now();
    if (now - touched >= IDLE_MS) document.getElementById('lock').requestSubmit();
    else if (touched > toldAt && now - toldAt >= TELL_MS) tell(now);
  }

  async function tell(now) {
    toldAt = now;
    const csrf = document.querySelector('meta[name="csrf"]').content;
    try {
      const answer = await fetch('/consola/presencia', { method: 'POST', headers: { 'X-CSRF': csrf }, signal: patience() });
      if (answer.status === 423) location.assign('/consola/bloqueo');
    } catch {
      toldAt = 0; // the network is away: said again with the next look
    }
  }
}
