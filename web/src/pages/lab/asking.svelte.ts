// An answer of the lab to what is set on the page: asked anew a moment after the last change, and only the newest answer counts.
import { api } from '../../lib/api';

const pause_ms = 120;

export class Asking<T> {
  answer = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly path: string) {}

  post(body: unknown) {
    this.#later((signal) => api.post<T>(this.path, body, signal));
  }
  get(query: Record<string, string>) {
    this.#later((signal) => api.get<T>(this.path, query, signal));
  }
  stop() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  #later(ask: (signal: AbortSignal) => Promise<T>) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      this.#abort?.abort();
      const abort = (this.#abort = new AbortController());
      try {
        const answer = await ask(abort.signal);
        if (abort.signal.aborted) return;
        this.answer = answer;
        this.error = null;
      } catch (why) {
        if (!abort.signal.aborted) this.error = why;
      }
    }, this.answer === null && this.error === null ? 0 : pause_ms);
  }
}
