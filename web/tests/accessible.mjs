// What a screen reader and a weak eye need, checked in the page itself. @returns complaints.

function inspect() {
  const found = [];
  const say = (element, what) => found.push(`${what}: <${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> ${(element.textContent ?? '').trim().slice(0, 40)}`);
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getBoundingClientRect().width > 0;

  const name_of = (element) => {
    const by = element.getAttribute('aria-labelledby');
    if (by) return by.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim();
    return (element.getAttribute('aria-label') ?? [...(element.labels ?? [])].map((label) => label.textContent).join(' ') ?? '').trim() || element.textContent.trim() || element.title;
  };
  for (const element of document.querySelectorAll('a[href], button, input, select, textarea, summary, [role="img"], [role="listbox"], [role="slider"], nav, section[aria-label], form[role="search"]')) {
    if (!shown(element) || element.closest('[aria-hidden="true"]')) continue;
    if (element.matches('input, select, textarea') ? !name_of({ ...element, getAttribute: (n) => element.getAttribute(n), labels: element.labels, textContent: '', title: element.title }) : !name_of(element)) say(element, 'no name');
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) found.push(`two elements have the id "${id}"`);
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'aria-activedescendant'])
    for (const element of document.querySelectorAll(`[${attribute}]`))
      for (const id of element.getAttribute(attribute).split(' ')) if (!document.getElementById(id)) say(element, `${attribute} names "${id}", which is not there`);
  if (document.querySelectorAll('h1').length !== 1) found.push(`${document.querySelectorAll('h1').length} headings of the first level`);
  if (!document.documentElement.lang) found.push('the page has no language');
  if (!document.querySelector('main')) found.push('the page has no main part');
  for (const element of document.querySelectorAll('[tabindex]')) if (element.tabIndex > 0) say(element, 'tabindex over 0');
  for (const element of document.querySelectorAll('[style]')) if (element.outerHTML.includes('javascript:')) say(element, 'script in a style');

  // WCAG 2.1, 1.4.3: text has a contrast of 4.5, large text 3.
  const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const background = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255, 1]);
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(element) || !shown(element) || element.closest('svg, option, script, style, .only-read, .skip')) continue;
    seen.add(element);
    const style = getComputedStyle(element);
    const under = background(element);
    const ink = over(rgba(style.color), under);
    const [high, low] = [luminance(ink), luminance(under)].sort((a, b) => b - a);
    const contrast = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5) && !element.closest(':disabled')) say(element, `contrast ${contrast.toFixed(2)}`);
  }
  return found;
}

export async function accessible(page) {
  return page.evaluate(inspect);
}

/** Where the page is wider than the window, which a phone would have to scroll. */
export async function overflow(page) {
  return page.evaluate(() => {
    const scrolls = (element) => element && element.tagName !== 'MAIN' && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && !scrolls(element.parentElement) && element.checkVisibility())
      .map((element) => `${element.tagName}.${element.getAttribute('class')}`);
  });
}
