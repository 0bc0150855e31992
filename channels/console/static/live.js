// Keeps a part of the page as the server says it is, touching only what changed: a voice note goes on playing, an
// opened text stays open, and the focus stays where it was.

import { patience } from './patience.js';

const sources = new WeakMap();
let offset = 0;
let fetching = null;
let again = false;

remember(document.body);

export async function renew(area) {
  if (fetching) {
    again = true;
    return fetching;
  }
  fetching = fetchInto(area);
  try {
    await fetching;
  } finally {
    fetching = null;
  }
  if (again) {
    again = false;
    return renew(area);
  }
}

export function tick() {
  for (const time of document.querySelectorAll('time[data-ago], time[data-until]')) {
    const past = 'ago' in time.dataset;
    const gap = (Date.now() + offset - Date.parse(time.dateTime)) / 1000;
    const text = past ? `hace ${spell(Math.max(0, gap))}` : `en ${spell(Math.max(0, -gap))}`;
    if (time.textContent !== text) time.textContent = text;
  }
}

async function fetchInto(area) {
  const answer = await fetch(area.dataset.live, { headers: { 'X-Live': 'yes' }, signal: patience() });
  if (answer.redirected) {
    location.reload();
    return;
  }
  if (!answer.ok) {
    if (answer.status === 404) location.assign('/consola/cola?dicho=nothing_open');
    else if (answer.status >= 500) throw new Error(String(answer.status));
    return;
  }
  offset = Date.parse(answer.headers.get('Date')) - Date.now() || 0;
  const fresh = document.createElement('template');
  fresh.innerHTML = await answer.text();
  merge(area, fresh.content);
  tick();
  area.dispatchEvent(new CustomEvent('renewed', { bubbles: true }));
}

function merge(parent, fresh) {
  const wanted = new Set([...fresh.children].map((node) => node.id));
  for (const old of [...parent.children]) if (!wanted.has(old.id)) old.remove();
  let before = null;
  for (const node of [...fresh.children]) {
    const source = node.outerHTML;
    let kept = [...parent.children].find((old) => old.id === node.id);
    if (kept && sources.get(kept) !== source) {
      sources.set(kept, source);
      if ('part' in kept.dataset && 'part' in node.dataset) merge(kept, node);
      else kept = exchange(kept, node, source);
    } else if (!kept) {
      kept = document.importNode(node, true);
      parent.insertBefore(kept, before ? before.nextSibling : parent.firstChild);
      remember(kept);
    }
    const next = before ? before.nextElementSibling : parent.firstElementChild;
    if (next !== kept) parent.insertBefore(kept, next);
    before = kept;
  }
}

function exchange(old, node, source) {
  const made = document.importNode(node, true);
  const place = focusables(old).indexOf(document.activeElement);
  old.replaceWith(made);
  remember(made);
  sources.set(made, source);
  if (place >= 0) focusables(made)[place]?.focus({ preventScroll: true });
  return made;
}

function focusables(node) {
  return [...node.querySelectorAll('a, button, summary, audio, input')];
}

function remember(root) {
  if (root.id) sources.set(root, root.outerHTML);
  for (const node of root.querySelectorAll('[id]')) sources.set(node, node.outerHTML);
}

function spell(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} días`;
}

setInterval(tick, 1000);
tick();
