// The board is fetched anew every ten seconds; a network that is away is said, and tried again.

import { patience } from './patience.js';

const EVERY_MS = 10 * 1000;
const board = document.getElementById('board');
const age = document.getElementById('board-age');

async function look() {
  try {
    const answer = await fetch('/consola/tablero/vivo', { signal: patience() });
    if (answer.redirected) location.reload();
    else if (answer.ok && !board.contains(document.activeElement)) board.innerHTML = await answer.text();
    if (age.textContent) age.textContent = '';
  } catch {
    age.textContent = 'Sin conexión: lo que ve puede ser viejo. Se sigue intentando.';
  }
}

setInterval(look, EVERY_MS);
