// The dashboard on a real gateway, at MOOR_URL: what the program serves is what the pages expect. MOOR_DEVICE is the id of a device that it hears.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, overflow } from './accessible.mjs';
import { desk, launch, open, phone } from './support.mjs';

const url = process.env.MOOR_URL;
const shots = process.env.MOOR_SHOTS;
let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const pages = [
  { name: 'live', hash: '#/live', shows: '[role="option"]' },
  { name: 'device', hash: `#/device/${encodeURIComponent(process.env.MOOR_DEVICE ?? '')}`, shows: '.u-over' },
  { name: 'zones', hash: '#/zones', shows: '[aria-label^="Zone "] a' },
  { name: 'radios', hash: '#/radios', shows: '[aria-label^="Radio "]' },
  { name: 'explorer', hash: '#/explorer', shows: 'h1:has-text("Explorer")' },
  { name: 'lab', hash: '#/lab', shows: 'h1:has-text("Lab")' },
];

for (const { name, hash, shows } of pages)
  for (const [theme, size, width] of [['light', 'desk', desk], ['dark', 'phone', phone]])
    test(`${name}, ${theme}, ${size}`, async () => {
      const page = await open(browser, url, { theme, width, hash });
      await page.waitForSelector(shows);
      await page.waitForSelector('footer >> text=Live');
      await page.waitForTimeout(1500);
      if (shots) await page.screenshot({ path: `${shots}/real-${name}-${theme}-${size}.png` });
      assert.equal(await page.locator('[role="alert"]').count(), 0, await page.locator('[role="alert"]').allTextContents().then(String));
      assert.deepEqual(await accessible(page), []);
      assert.deepEqual(await overflow(page), []);
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });

test('figures arrive and change', async () => {
  const page = await open(browser, url);
  await page.waitForSelector('[role="option"]');
  const levels = () => page.locator('[role="option"] .level').allTextContents().then(String);
  const first = await levels();
  await page.waitForFunction((before) => [...document.querySelectorAll('[role="option"] .level')].map((level) => level.textContent).toString() !== before, first, { timeout: 15_000 });
  assert.match(await page.textContent('footer'), /[1-9]\d* devices/);
  await page.locator('[role="option"]').first().click();
  await page.waitForSelector('.u-over');
  assert.match(await page.locator('.facts').textContent(), /−\d+ dBm/);
  for (const span of ['2 min', '24 h']) {
    await page.getByRole('button', { name: span, exact: true }).click();
    await page.waitForFunction(() => !document.body.textContent.includes('Reading…'));
  }
  assert.equal(await page.locator('[role="alert"]').count(), 0, await page.locator('[role="alert"]').allTextContents().then(String));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('the gateway’s own policy is in force', async () => {
  const response = await fetch(`${url}/`);
  assert.match(response.headers.get('content-security-policy'), /default-src 'self'/);
  assert.ok(!/unsafe-inline|unsafe-eval/.test(response.headers.get('content-security-policy')));
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(await response.text())[1];
  assert.match((await fetch(url + script)).headers.get('cache-control'), /immutable/);
});
