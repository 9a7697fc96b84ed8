// Every page in both themes, on a desk and on a phone: it shows what it should, complains of nothing, is readable and fits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, overflow } from './accessible.mjs';
import { desk, gateway, launch, open, phone } from './support.mjs';

let browser, shop, trouble, empty;
before(async () => {
  browser = await launch();
  [shop, trouble, empty] = await Promise.all([gateway(), gateway({ trouble: true }), gateway({ empty: true })]);
});
after(async () => {
  await browser.close();
  for (const one of [shop, trouble, empty]) one.fake.close();
});

const shots = process.env.MOOR_SHOTS;
const pages = [
  { name: 'live', from: () => shop, hash: () => '#/live', shows: '[role="option"]' },
  { name: 'device', from: () => shop, hash: () => `#/device/${encodeURIComponent(shop.fake.shop.list[3].id)}`, shows: '.u-over' },
  { name: 'zones', from: () => shop, hash: () => '#/zones', shows: 'canvas[role="img"]' },
  { name: 'radios', from: () => shop, hash: () => '#/radios', shows: '[aria-label="Radio hall"]' },
  { name: 'trouble', from: () => trouble, hash: () => '#/radios', shows: '.notice.failed' },
  { name: 'nobody', from: () => empty, hash: () => '#/live', shows: 'text=No device has been heard yet' },
  { name: 'no-store', from: () => empty, hash: () => '#/zones', shows: 'text=Nothing is remembered' },
];

for (const { name, from, hash, shows } of pages)
  for (const theme of ['light', 'dark'])
    for (const [size, width] of [['desk', desk], ['phone', phone]])
      test(`${name}, ${theme}, ${size}`, async () => {
        const page = await open(browser, from().url, { theme, width, hash: hash() });
        await page.waitForSelector(shows);
        await page.waitForFunction(() => document.querySelector('footer [role="status"]')?.textContent === 'Live');
        if (shots) await page.waitForTimeout(1500).then(() => page.screenshot({ path: `${shots}/${name}-${theme}-${size}.png` }));
        assert.deepEqual(await accessible(page), []);
        assert.deepEqual(await overflow(page), []);
        assert.deepEqual(page.complaints, []);
        await page.context().close();
      });

test('the theme is changed, and remembered', async () => {
  const page = await open(browser, shop.url, { theme: 'dark' });
  await page.waitForSelector('[role="option"]');
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  assert.equal(await theme(), 'dark');
  await page.getByRole('button', { name: /^Theme/ }).click();
  assert.equal(await theme(), 'light');
  await page.reload();
  assert.equal(await theme(), 'light');
  await page.getByRole('button', { name: /^Theme/ }).click();
  assert.equal(await theme(), 'dark');
  await page.getByRole('button', { name: /^Theme/ }).click(); // the system's again
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'light');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('who wants less motion gets none', async () => {
  const page = await open(browser, shop.url, { reducedMotion: 'reduce' });
  await page.waitForSelector('[role="option"]');
  // One that lasts a hundredth of a millisecond is none, and may be under way right now.
  const moving = () => document.getAnimations().filter((one) => one.effect.getComputedTiming().duration > 1).length;
  assert.equal(await page.evaluate(moving), 0);
  await page.context().close();
});

test('a page that is not there is Live; a device that is not there says so', async () => {
  const page = await open(browser, shop.url, { hash: '#/nowhere' });
  await page.waitForSelector('h1:text("Live")');
  await page.goto(`${shop.url}/#/device/no-such-device`);
  await page.waitForSelector('text=This device is not around');
  await page.goto(`${shop.url}/#/device/%E0%A4%A`);
  await page.waitForSelector('text=This device is not around');
  await page.context().close();
});

test('the problems are told with advice', async () => {
  const page = await open(browser, trouble.url, {});
  await page.getByText('3 problems:').click();
  await page.waitForSelector('text=Renew it and run');
  const footer = await page.textContent('footer');
  assert.match(footer, /19,115 shed under load/);
  assert.match(footer, /Store: database or disk is full/);
  assert.match(footer, /MQTT failed 1,834 waiting/);
  await page.context().close();
});
