// The table of devices: filter, order, keys, and thousands of rows.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gateway, launch, open } from './support.mjs';

let browser, shop, crowd;
before(async () => {
  browser = await launch();
  [shop, crowd] = await Promise.all([gateway(), gateway({ devices: 2000 })]);
});
after(async () => {
  await browser.close();
  for (const one of [shop, crowd]) one.fake.close();
});

async function live(from = shop) {
  const page = await open(browser, from.url);
  await page.waitForSelector('[role="option"]');
  page.names = () => page.locator('[role="option"] .title').allTextContents();
  page.told = () => page.textContent('.live header p');
  return page;
}

test('filters by text, type, zone and RSSI; Escape shows all again', async () => {
  const page = await live();
  await page.keyboard.press('/');
  await page.keyboard.type('cart');
  await page.waitForFunction(() => [...document.querySelectorAll('[role="option"] .title')].every((title) => title.textContent.startsWith('Cart')));
  assert.equal((await page.names()).length, 5);
  assert.equal(await page.told(), '5 of 40 devices');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.querySelectorAll('[role="option"]').length > 5);
  assert.equal(await page.inputValue('input[type="search"]'), '');

  await page.getByRole('combobox', { name: 'Type' }).selectOption('RuuviTag');
  assert.deepEqual((await page.names()).map((name) => name.replace(/\d+$/, '')), Array(5).fill('Cold chain '));
  await page.getByRole('combobox', { name: 'Type' }).selectOption('none');
  assert.equal(await page.told(), '10 of 40 devices');
  await page.getByRole('button', { name: 'Clear' }).click();

  await page.getByRole('combobox', { name: 'Zone' }).selectOption('Counter');
  const zones = await page.locator('[role="option"] > .zone').allTextContents();
  assert.ok(zones.length > 0 && zones.every((zone) => zone.trim() === 'Counter'));
  await page.keyboard.press('Escape');

  await page.getByLabel('Weakest RSSI shown, in dBm').fill('-70');
  const levels = (await page.locator('[role="option"] .level').allTextContents()).map((text) => parseFloat(text.replace('−', '-')));
  assert.ok(levels.length > 0 && levels.length < 40 && levels.every((level) => level >= -75), `${levels}`);
  await page.getByLabel('Name, address or radio').fill('no such thing');
  await page.getByRole('button', { name: 'Show all 40' }).click();
  await page.waitForFunction(() => document.querySelectorAll('[role="option"]').length > 5);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('orders by a column, up and down', async () => {
  const page = await live();
  const sort = page.getByRole('button', { name: /^Sort by Name/ });
  await sort.click();
  const names = (await page.names()).filter((name) => !name.startsWith('anon'));
  assert.deepEqual(names, names.toSorted((a, b) => a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  await sort.click();
  assert.match((await page.names())[0], /^anon/);
  assert.match(await sort.getAttribute('aria-label'), /descending now/);
  await page.context().close();
});

test('is used by the keyboard alone', async () => {
  const page = await live();
  await page.getByRole('listbox').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const chosen = page.locator('[role="option"][aria-selected="true"]');
  assert.equal(await chosen.count(), 1);
  assert.equal(await page.getByRole('listbox').getAttribute('aria-activedescendant'), 'chosen');
  await page.keyboard.press('End');
  assert.equal(await chosen.getAttribute('aria-posinset'), '40');
  await page.keyboard.press('Home');
  assert.equal(await chosen.getAttribute('aria-posinset'), '1');
  const name = await chosen.locator('.title').textContent();
  await page.keyboard.press('Enter');
  await page.waitForSelector(`h1:text-is("${name}")`);
  await page.goBack();
  await page.waitForSelector('[role="option"][aria-selected="true"]');
  assert.equal(await chosen.locator('.title').textContent(), name);

  await page.keyboard.press('/');
  await page.keyboard.type('badge');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:has-text("Badge")');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a name is text, whatever is in it', async () => {
  const device = shop.fake.shop.list[0];
  const before = device.name;
  device.name = '<img src=x onerror="document.title=1"><b>Cart';
  const page = await live();
  await page.getByLabel('Name, address or radio').fill('onerror');
  await page.waitForSelector('[role="option"]');
  assert.equal((await page.names())[0], device.name);
  await page.locator('[role="option"]').first().click();
  await page.waitForSelector('h1:has-text("onerror")');
  assert.equal(await page.locator('main img, main b').count(), 0);
  device.name = before;
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('2,000 rows that change twice a second stay smooth', async (t) => {
  const page = await live(crowd);
  await page.waitForFunction(() => document.querySelector('.live header p').textContent === '2,000 devices');
  const tools = await page.context().newCDPSession(page);
  await tools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const busy = async () => (await tools.send('Performance.getMetrics')).metrics.find((metric) => metric.name === 'TaskDuration').value;
  const before = await busy();
  const measured = await page.evaluate(async () => {
    const box = document.querySelector('[role="listbox"]');
    const end = performance.now() + 5000;
    let last = performance.now();
    let frames = 0;
    let longest = 0;
    let most_rows = 0;
    while (last < end) {
      const now = await new Promise(requestAnimationFrame);
      box.scrollTop += 7;
      frames += 1;
      longest = Math.max(longest, now - last);
      last = now;
      most_rows = Math.max(most_rows, document.querySelectorAll('[role="option"]').length);
    }
    return { per_second: frames / 5, longest, most_rows, tall: box.scrollHeight };
  });
  const part = (await busy()) - before;
  t.diagnostic(`the page's thread computes ${((1000 * part) / (5 * measured.per_second)).toFixed(1)} ms a frame, ${(20 * part).toFixed(0)} % of the time`);
  t.diagnostic(`${measured.per_second.toFixed(1)} frames a second while scrolling, the longest ${measured.longest.toFixed(0)} ms; at most ${measured.most_rows} rows in the page`);
  assert.ok(measured.most_rows < 60, 'rows are windowed');
  assert.ok(measured.tall >= 2000 * 34);
  await page.getByRole('listbox').focus();
  await page.keyboard.press('End');
  assert.equal(await page.locator('[role="option"][aria-selected="true"]').getAttribute('aria-posinset'), '2000');
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
