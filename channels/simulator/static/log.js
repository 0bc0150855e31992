// The log of one phone: bubbles in their order, days between them, the last one in view.

import { makeRow, settle, update } from './bubble.js';
import { dayName, el } from './dom.js';

export class Log {
  constructor(box, down, acts) {
    this.box = box;
    this.down = down;
    this.acts = acts;
    this.bubbles = new Map();
    this.rows = new Map();
    down.addEventListener('click', () => this.showEnd(true));
    box.addEventListener('scroll', () => { down.hidden = this.isAtEnd(); });
    new ResizeObserver(() => { if (this.stays) this.showEnd(); }).observe(box);
    this.stays = true;
  }

  /** Show a bubble, or show it changed. */
  put(bubble, look) {
    this.stays = bubble.mine || this.isAtEnd();
    const known = this.rows.get(bubble.id);
    this.bubbles.set(bubble.id, bubble);
    if (known) {
      update(known, bubble, look);
    } else {
      this.rows.set(bubble.id, makeRow(bubble, look, this.acts));
    }
    this.#place(bubble);
    if (bubble.mine && bubble.answers && this.rows.has(bubble.answers)) settle(this.rows.get(bubble.answers), bubble.payload);
    this.#group();
    if (this.stays) this.showEnd();
    else this.down.hidden = false;
  }

  /** Empty the log; a note may say why. */
  clear(note = null) {
    this.bubbles.clear();
    this.rows.clear();
    this.box.replaceChildren(...(note ? [el('p', { class: 'note' }, note)] : []));
  }

  /** The bubbles in their order. */
  get all() {
    return [...this.bubbles.values()].sort((one, other) => one.place - other.place);
  }

  isAtEnd() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 48;
  }

  showEnd(isGentle = false) {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.box.scrollTo({ top: this.box.scrollHeight, behavior: isGentle && !calm ? 'smooth' : 'instant' });
    this.down.hidden = true;
  }

  #place(bubble) {
    const row = this.rows.get(bubble.id);
    if (Number(row.dataset.place) === bubble.place) return;
    row.dataset.place = bubble.place;
    const next = [...this.box.querySelectorAll('.row')].find((other) => other !== row && Number(other.dataset.place) > bubble.place);
    this.box.insertBefore(row, next ?? null);
  }

  #group() {
    for (const old of this.box.querySelectorAll('.day')) old.remove();
    let before = null;
    for (const bubble of this.all) {
      const row = this.rows.get(bubble.id);
      const day = dayName(new Date(bubble.at));
      const isNewDay = !before || dayName(new Date(before.at)) !== day;
      if (isNewDay) row.before(el('p', { class: 'day' }, el('span', {}, day)));
      row.classList.toggle('first', isNewDay || before.mine !== bubble.mine);
      if (before) this.rows.get(before.id).classList.toggle('last', row.classList.contains('first'));
      row.classList.add('last');
      before = bubble;
    }
  }
}
