// A connection can die without a word: whoever asks over it would wait for minutes, and nothing would be asked again.

const PATIENCE_MS = 15 * 1000;

export function patience() {
  const giving = new AbortController();
  setTimeout(() => giving.abort(), PATIENCE_MS);
  return giving.signal;
}
