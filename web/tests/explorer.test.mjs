// The explorer: picking, connecting, the tree, reading, writing, subscribing, and what goes wrong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible, overflow } from './accessible.mjs';
import { desk, gateway, launch, open, phone } from './support.mjs';

let browser, shop;
before(async () => {
  browser = await launch();
  shop = await gateway();
});
after(async () => {
  await browser.close();
  shop.fake.close();
});
const id_of = (name) => shop.fake.shop.list.find((one) => one.name === name).id;

async function explore(options = {}, name = 'Shelf sensor 1') {
  const page = await open(browser, shop.url, { hash: '#/explorer', ...options });
  await page.getByLabel('Name or address').fill(name);
  await page.keyboard.press('Enter');
  return page;
}
const head = (page, text) => page.locator('.head', { hasText: text });

for (const theme of ['light', 'dark'])
  for (const [size, width] of [['desk', desk], ['phone', phone]])
    test(`picker and tree, ${theme}, ${size}`, async () => {
      const page = await open(browser, shop.url, { theme, width, hash: '#/explorer' });
      await page.waitForSelector('li button');
      assert.deepEqual(await accessible(page), []);
      assert.deepEqual(await overflow(page), []);
      await page.getByLabel('Name or address').fill('Shelf sensor 1');
      await page.keyboard.press('Enter');
      await head(page, 'Heart Rate Measurement').click();
      await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
      await page.waitForSelector('.u-over');
      await head(page, '6e400002').click();
      await page.mouse.move(0, 0);
      assert.deepEqual(await accessible(page), []);
      assert.deepEqual(await overflow(page), []);
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });

test('values have names and meanings, bytes where nobody knows them, and the reason where the device refuses', async () => {
  const page = await explore();
  await page.waitForSelector('.tree');
  assert.match(await head(page, 'Battery Level').textContent(), /2a19.*85 %/s);
  assert.match(await head(page, 'Body Sensor Location').textContent(), /Chest/);
  assert.match(await head(page, '6e400002').textContent(), /29 09/);
  assert.match(await head(page, '6e400003').textContent(), /pair with the device/);
  await head(page, '6e400002').click();
  assert.match(await page.locator('.panel').textContent(), /Characteristic User Description.*Set/s);
  await page.context().close();
});

test('a number is written with its format and read back', async () => {
  const page = await explore();
  await head(page, '6e400002').click();
  const panel = page.locator('.panel');
  await panel.getByLabel('Write', { exact: true }).fill('zz');
  await panel.getByRole('button', { name: 'Write', exact: true }).click();
  await page.waitForSelector('text=no hexadecimal text');
  await panel.getByRole('combobox', { name: /^as/ }).last().selectOption('u16');
  await panel.getByLabel('Write', { exact: true }).fill('513');
  await panel.getByRole('button', { name: 'Write', exact: true }).click();
  await page.waitForSelector('text=wrote 01 02');
  assert.match(await head(page, '6e400002').textContent(), /01 02/);
  assert.match(await panel.textContent(), /moor write \S+ 6e400002\S+ 513 --as u16/);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('subscribed values come, are drawn and listed, and end', async () => {
  const page = await explore();
  await head(page, 'Heart Rate Measurement').click();
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll('.log tbody tr').length >= 4);
  assert.match(await page.locator('.log').textContent(), /bpm/);
  assert.match(await page.locator('.plot').getAttribute('aria-label'), /Heart Rate Measurement: the last \d+ numbers/);
  await page.getByRole('button', { name: 'Unsubscribe' }).click();
  await page.getByRole('button', { name: 'Subscribe', exact: true }).waitFor();
  await page.waitForTimeout(200);
  const count = () => page.locator('.panel').textContent().then((text) => /(\d+) values came/.exec(text)[1]);
  const before_pause = await count();
  await page.waitForTimeout(600);
  assert.equal(await count(), before_pause);
  await page.context().close();
});

test('keys: arrows move, Enter opens, R reads, S subscribes', async () => {
  const page = await explore();
  await head(page, 'Device Name').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Heart Rate Measurement/);
  await page.keyboard.press('s');
  await page.waitForSelector('.u-over');
  assert.equal(await head(page, 'Heart Rate Measurement').getAttribute('aria-expanded'), 'true');
  await page.keyboard.press('Enter');
  assert.equal(await head(page, 'Heart Rate Measurement').getAttribute('aria-expanded'), 'false');
  await page.keyboard.press('End');
  await page.keyboard.press('r');
  await page.waitForFunction(() => document.activeElement.textContent.includes('refused'));
  await page.context().close();
});

test('no slot: who holds them, and what helps', async () => {
  const page = await explore({}, 'Shelf sensor 2');
  const notice = page.locator('.notice.failed');
  await notice.waitFor();
  assert.match(await notice.textContent(), /No connection slot is free.*add a proxy.*till display holds till over hall/s);
  await page.getByLabel('Name or address').waitFor(); // another device can be picked at once
  await page.context().close();
});

test('a link that ends is said, and can be made again', async () => {
  const page = await explore({}, 'Shelf sensor 3');
  await page.waitForSelector('text=supervision timeout');
  assert.match(await head(page, 'Battery Level').textContent(), /85 %/);
  await page.getByRole('button', { name: 'Connect again' }).click();
  await page.getByRole('button', { name: 'Disconnect' }).waitFor();
  await page.context().close();
});

test('an address is typed; one that is not heard is not found', async () => {
  const page = await explore({}, 'a4-cf-12-34-56-79');
  await page.waitForSelector('text=was not heard');
  assert.match(await page.locator('.notice').textContent(), /A4:CF:12:34:56:79/);
  await page.context().close();
});

test('a device’s page leads here, and leaving disconnects', async () => {
  const page = await open(browser, shop.url, { hash: '#/live' });
  const hash = `#/explorer/${encodeURIComponent(id_of('Shelf sensor 1'))}`;
  const [socket] = await Promise.all([page.waitForEvent('websocket'), page.evaluate((to) => (location.hash = to), hash)]);
  await page.waitForSelector('.tree');
  const closed = socket.waitForEvent('close');
  await page.getByRole('link', { name: 'Zones' }).click();
  await closed;
  await page.context().close();
});
