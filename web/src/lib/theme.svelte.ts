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

/** The value of a token, for canvases: colour('--accent'). */
export function colour(token: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
}
