// Small words for building what is seen; text goes in as text, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

/** An element: el('p', {class: 'hint'}, 'texto', otherElement). A null child is left out. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A picture of the sprite. With a label it is read aloud, without it is passed over. */
export function icon(name, label = null) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  if (label) {
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', label);
  } else {
    svg.setAttribute('aria-hidden', 'true');
  }
  return svg;
}

const CLOCK = new Intl.DateTimeFormat('es-CO', { hour: 'numeric', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('es-CO', { weekday: 'long', day: 'numeric', month: 'long' });

/** "7:05 p. m." */
export const clock = (date) => CLOCK.format(date);

/** "lunes, 3 de marzo" */
export const longDay = (date) => DAY.format(date);

/** "Hoy", "Ayer" or the day's name. */
export function dayName(date, today = new Date()) {
  const yesterday = new Date(today);
  yesterday.setDate(today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return 'Hoy';
  if (date.toDateString() === yesterday.toDateString()) return 'Ayer';
  return longDay(date);
}
