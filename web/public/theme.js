// Before the first paint: the theme that was chosen here, else the system's. A file of its own, because the page's policy forbids scripts in it.
let theme = null;
try {
  theme = localStorage.getItem('moor-theme');
} catch {
  // No storage: the system's theme it is.
}
if (theme !== 'light' && theme !== 'dark') theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
document.documentElement.dataset.theme = theme;
