// What opens over a chat: the attach menu and the sheet of a list. Both close with Escape and give the focus back.

import { el } from './dom.js';

/** The attach menu of a phone; `choose(kind)` is called with what was picked. */
export function attachMenu(phone, choose) {
  const opener = phone.querySelector('.attach');
  const menu = phone.querySelector('.menu');
  const items = [...menu.querySelectorAll('[role=menuitem]')];
  const show = (isOpen) => {
    menu.hidden = !isOpen;
    opener.setAttribute('aria-expanded', String(isOpen));
  };
  const close = () => { show(false); opener.focus(); };
  opener.addEventListener('click', () => {
    show(menu.hidden);
    if (!menu.hidden) items[0].focus();
  });
  menu.addEventListener('keydown', (event) => {
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === 'Escape') close();
    else if (to !== undefined) items.at(to % items.length).focus();
    else return;
    event.preventDefault();
  });
  menu.addEventListener('focusout', (event) => {
    if (!menu.contains(event.relatedTarget) && event.relatedTarget !== opener) show(false);
  });
  for (const item of items) {
    item.addEventListener('click', () => { show(false); choose(item.dataset.send); });
  }
}

/** The sheet in which WhatsApp shows a list; `open(buttons, opener, choose)`. */
export function listSheet(phone) {
  const sheet = phone.querySelector('.sheet');
  const rest = [...sheet.parentElement.children].filter((part) => part !== sheet);
  let opener = null;
  const close = () => {
    sheet.hidden = true;
    for (const part of rest) part.inert = false;
    opener?.focus();
  };
  sheet.querySelector('.close').addEventListener('click', close);
  sheet.addEventListener('click', (event) => { if (event.target === sheet) close(); });
  sheet.addEventListener('keydown', (event) => {
    const rows = [...sheet.querySelectorAll('.rows button')];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape') close();
    else if (step) rows.at((rows.indexOf(document.activeElement) + step) % rows.length).focus();
    else return;
    event.preventDefault();
  });
  sheet.setAttribute('aria-label', 'Opciones');
  return {
    close,
    open(buttons, from, choose) {
      opener = from;
      const rows = buttons.map((button) => el('button', { type: 'button', onclick: () => { close(); choose(button); } }, button.title));
      sheet.querySelector('.rows').replaceChildren(...rows);
      for (const part of rest) part.inert = true;
      sheet.hidden = false;
      rows[0].focus();
    },
  };
}
