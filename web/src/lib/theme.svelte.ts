// Light, dark or what the system says; remembered. public/theme.js sets it before the first paint.

export type Theme = 'system' | 'light' | 'dark';
const key = 'moor-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

function remembered(): Theme {
  try {
    const theme = localStorage.getItem(key);
    return theme === 'light' || theme === 'dark' ? theme : 'system';
  } catch {
    return 'system';
  }
}

class ThemeState {
  chosen = $state<Theme>(remembered());
  #system = $state(dark.matches);
  /** What is shown; also for canvases, which have to draw again when it changes. */
  shown = $derived<'light' | 'dark'>(this.chosen === 'system' ? (this.#system ? 'dark' : 'light') : this.chosen);

  constructor() {
    dark.addEventListener('change', () => {
      this.#system = dark.matches;
      this.#show();
    });
  }

  choose(theme: Theme) {
    this.chosen = theme;
    this.#show();
    try {
      if (theme === 'system') localStorage.removeItem(key);
      else localStorage.setItem(key, theme);
    } catch {
      // It then holds until the page is closed.
    }
  }

  #show() {
    document.documentElement.dataset.theme = this.shown;
  }
}

export const theme = new ThemeState();

const read = new Map<string, string>();

/** The value of a token, for canvases: colour('--accent'). Read once a theme, because reading makes the browser compute all styles. */
export function colour(token: string): string {
  const shown = document.documentElement.dataset.theme ?? '';
  const key = `${shown} ${token}`;
  let value = read.get(key);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
    read.set(key, value);
  }
  return value;
}
