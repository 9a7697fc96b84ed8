// A browser that watches what a page does: errors, violations of the content security policy, requests to elsewhere.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { FakeGateway } from '../dev/fake.mjs';

/** The built dashboard, by the environment. */
export const assets = process.env.MOOR_WEB_DIST ?? '';
const browsers = [process.env.MOOR_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

export async function launch() {
  const executablePath = browsers.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('There is no Chromium: apt-get install chromium, or set MOOR_CHROMIUM to one.');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'] });
}

export async function gateway({ port = 0, ...options } = {}) {
  const fake = new FakeGateway({ assets, ...options });
  return { fake, url: await fake.listen(port) };
}

export const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true };
export const desk = { viewport: { width: 1280, height: 800 } };

/** A page whose complaints are kept: page.complaints. */
export async function open(browser, url, { width = desk, theme = 'light', hash = '', ...more } = {}) {
  const context = await browser.newContext({ ...width, colorScheme: theme, locale: 'en-GB', timezoneId: 'UTC', ...more });
  const page = await context.newPage();
  page.complaints = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.complaints.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => page.complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith(url.replace('http', 'ws'))) page.complaints.push(`request elsewhere: ${request.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
  });
  await page.goto(`${url}/${hash}`);
  return page;
}
