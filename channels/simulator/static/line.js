// The line to the service: one stream for all phones of the page, and what they send, each once and in order.

const SILENCE = 25_000; // the service beats every ten seconds; longer than this is a dead line
const PAUSES = [500, 1000, 2000, 4000];

export class Line {
  /** on: {bubble(bubble), ready(), renewed(), state(isUp)} */
  constructor(on) {
    this.on = on;
    this.isUp = true;
    this.era = null;
    this.ids = [];
    this.queues = new Map();
    this.waiting = new Set();
    window.addEventListener('online', () => this.#wake());
    window.addEventListener('offline', () => this.#set(false));
  }

  /** Listen to these phones from now on; all that they show comes again. */
  listen(ids) {
    this.ids = ids;
    clearTimeout(this.again);
    this.source?.close();
    if (ids.length === 0) return;
    const source = new EventSource(`/simulador/telefonos/${ids.join(',')}/eventos`);
    this.source = source;
    this.#expect();
    source.addEventListener('era', (event) => this.#begin(event.data));
    source.addEventListener('bubble', (event) => { this.#expect(); this.on.bubble(JSON.parse(event.data)); });
    source.addEventListener('ready', () => this.on.ready());
    source.addEventListener('beat', () => this.#expect());
    source.addEventListener('error', () => {
      this.#set(false);
      // The browser comes back by itself after a break, but not after an error page.
      if (source.readyState === EventSource.CLOSED) this.#retry();
    });
  }

  /** Send one message. Answers when it is taken; throws when it never can be. */
  send(phoneId, message) {
    const before = this.queues.get(phoneId) ?? Promise.resolve();
    const sent = before.catch(() => {}).then(() => this.#insist(phoneId, message));
    this.queues.set(phoneId, sent);
    return sent;
  }

  /** Say that the screen shows all that has arrived. Nothing depends on it: one try. */
  markRead(phoneId) {
    this.#post(phoneId, 'leido', {}).catch(() => {});
  }

  async #insist(phoneId, message) {
    for (let tries = 0; ; tries += 1) {
      const answer = await this.#post(phoneId, 'mensajes', message).catch(() => null);
      if (answer?.ok) return;
      if (answer && answer.status < 500) throw new Error(`refused: ${answer.status}`);
      if (!answer) this.#set(false);
      await this.#pause(PAUSES[Math.min(tries, PAUSES.length - 1)]);
    }
  }

  #post(phoneId, what, body) {
    return fetch(`/simulador/telefonos/${phoneId}/${what}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(8000),
    });
  }

  #pause(milliseconds) {
    return new Promise((wake) => {
      const done = () => { this.waiting.delete(done); wake(); };
      this.waiting.add(done);
      setTimeout(done, milliseconds);
    });
  }

  #begin(era) {
    this.#expect();
    if (this.era !== null && this.era !== era) this.on.renewed();
    this.era = era;
    this.#set(true);
    this.#wake();
  }

  #wake() {
    for (const done of [...this.waiting]) done();
  }

  #expect() {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => { this.#set(false); this.#retry(); }, SILENCE);
  }

  #retry() {
    clearTimeout(this.again);
    this.source?.close();
    this.again = setTimeout(() => this.listen(this.ids), 1500);
  }

  #set(isUp) {
    if (this.isUp === isUp) return;
    this.isUp = isUp;
    this.on.state(isUp);
  }
}
