// What may be put into the composer: saved replies, and the route of her town. Nothing of it is sent by itself.

import { patience } from './patience.js';

const sought = document.getElementById('saved-find');

for (const kind of ['input', 'keydown']) sought.addEventListener(kind, find);

function find(event) {
  sift();
  if (event.key === 'Enter') {
    event.preventDefault();
    document.querySelector('.saved li:not([hidden]) button')?.click();
  }
}

// What is found by its name alone shows only once something is looked for; accents do not count.
function sift() {
  const wanted = plain(sought.value.trim());
  for (const item of document.querySelectorAll('.saved li')) {
    const text = item.querySelector('button')?.textContent ?? '';
    item.hidden = wanted ? !plain(text).includes(wanted) : 'found' in item.dataset;
  }
}

function plain(text) {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

// Saved replies are in the page; the route is asked for anew, since she may have forbidden an entity meanwhile.
export async function offer() {
  const routes = document.getElementById('routes');
  const told = document.getElementById('routes-told');
  document.getElementById('saved').showModal();
  sought.value = '';
  sift();
  told.textContent = 'Buscando la ruta…';
  try {
    const answer = await fetch(routes.dataset.routes, { signal: patience() });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    routes.innerHTML = await answer.text();
    told.textContent = '';
    sift();
  } catch {
    routes.replaceChildren();
    told.textContent = 'La ruta no llegó. Vuelva a abrir esto.';
  }
}
