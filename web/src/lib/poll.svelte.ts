// Asks the gateway for something now and again while a page is shown: not while it is hidden, never twice at once.
import { onMount } from 'svelte';

export class Poll<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<unknown>(null);
  #ask: (signal: AbortSignal) => Promise<T>;
  #every: number;
  #abort: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Call while a component is set up. @param every  milliseconds between an answer and the next question. */
  constructor(every: number, ask: (signal: AbortSignal) => Promise<T>) {
    this.#every = every;
    this.#ask = ask;
    onMount(() => {
      this.again();
      const seen = () => document.hidden || this.again();
      document.addEventListener('visibilitychange', seen);
      return () => {
        document.removeEventListener('visibilitychange', seen);
        clearTimeout(this.#timer);
        this.#abort?.abort();
      };
    });
  }

  /** Asks at once; the answer to an earlier question is no longer waited for. */
  async again() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    try {
      const data = await this.#ask(abort.signal);
      if (abort.signal.aborted) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (abort.signal.aborted) return;
      this.error = error;
    }
    this.#timer = setTimeout(() => document.hidden || this.again(), this.#every);
  }
}
