// Waiting for what others do: a condition is looked at again whenever something has happened, and has a bound.

const BOUND_MS = 20_000;

export class Bell {
  #waiting = new Set();

  ring() {
    for (const look of [...this.#waiting]) look();
  }

  /** What `condition` gives as soon as that is true. Fails, saying `what`, when the bound has passed. */
  until(what, condition) {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = () => {
        const found = condition();
        if (!found) return;
        end();
        resolve(found);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`waited ${BOUND_MS / 1000} s in vain: ${what}`));
      }, BOUND_MS);
      this.#waiting.add(look);
      look();
    });
  }
}
