// The pages of a device, of zones and of radios, with what the simulated shop has.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gateway, launch, open } from './support.mjs';

let browser, shop;
before(async () => {
  browser = await launch();
  shop = await gateway();
});
after(async () => {
  await browser.close();
  shop.fake.close();
});
const device_hash = (name) => `#/device/${encodeURIComponent(shop.fake.shop.list.find((one) => one.name === name).id)}`;

test('a device: signal, readings with units, radios, visits', async () => {
  const page = await open(browser, shop.url, { hash: device_hash('Cold chain 1') });
  await page.waitForSelector('.u-over');
  const main = page.locator('main');
  for (const text of ['Temperature', '°C', 'hPa', 'Radios that hear it', 'Visits', 'now there', 'dBm'])
    assert.ok((await main.textContent()).includes(text), text);
  // The plot has drawn something in the accent's colour.
  const ink = await page.evaluate(() => {
    const canvas = document.querySelector('.u-wrap canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let blue = 0;
    for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 2] > 180 && data[i] < 90) blue += 1;
    return blue;
  });
  assert.ok(ink > 100, `${ink} pixels of the smoothed line`);
  for (const span of ['2 min', '6 h', '24 h', '10 min']) {
    await page.getByRole('button', { name: span, exact: true }).click();
    await page.waitForSelector('.u-over');
  }
  await page.getByRole('link', { name: 'Explore its services' }).click();
  await page.waitForFunction(() => location.hash.startsWith('#/explorer/'));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a beacon: what it says, and its bytes', async () => {
  const page = await open(browser, shop.url, { hash: device_hash('Cart 1') });
  await page.waitForSelector('text=What it advertises');
  await page.waitForSelector('text=f7826da6-4fa2-4e98-8024-bc5b71e0893e');
  assert.ok((await page.textContent('main')).includes('4C 00'));
  await page.context().close();
});

test('zones: who is where, today, and the figures as tables', async () => {
  const page = await open(browser, shop.url, { hash: '#/zones' });
  await page.waitForSelector('canvas[role="img"]');
  for (const zone of ['Entrance', 'Aisle 1', 'Aisle 2', 'Counter', 'Stock room']) {
    const card = page.locator(`[aria-label="Zone ${zone}"]`);
    // People walk meanwhile: the page is right if it comes to show what holds at the moment when it is asked.
    let shown, wanted;
    for (let tries = 0; tries < 50 && (tries === 0 || shown !== wanted); tries++) {
      if (tries > 0) await page.waitForTimeout(100);
      shown = Number(await card.locator('.count').textContent());
      wanted = shop.fake.shop.list.filter((one) => one.zone === zone).length;
    }
    assert.equal(shown, wanted);
  }
  for (const summary of await page.locator('summary:text("As a table")').all()) await summary.click();
  await page.waitForSelector('#traffic');
  assert.equal(await page.locator('section[aria-labelledby="traffic"] thead th').first().textContent(), 'Hour');
  assert.ok((await page.locator('section[aria-labelledby="today"] tbody tr').count()) > 10);
  await page.locator('section[aria-labelledby="today"] canvas').hover({ position: { x: 400, y: 30 } });
  const link = page.locator('[aria-label^="Zone"] li a').first();
  const name = await link.textContent();
  await link.click();
  await page.waitForSelector(`h1:text-is("${name}")`);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a zone has one colour everywhere', async () => {
  const page = await open(browser, shop.url, { hash: '#/zones' });
  await page.waitForSelector('[aria-label="Zone Counter"]');
  const colour = (selector) => page.locator(selector).first().evaluate((element) => getComputedStyle(element).getPropertyValue('--zone').trim());
  const card = await colour('[aria-label="Zone Counter"]');
  assert.equal(await colour('[aria-label="Colours"] li:has-text("Counter")'), card);
  await page.goto(`${shop.url}/#/live`);
  await page.waitForSelector('.zone .chip:has-text("Counter")');
  assert.equal(await colour('.zone .chip:has-text("Counter")'), card);
  await page.context().close();
});

test('radios: slots with their holders, rates, and what a radio cannot do', async () => {
  const page = await open(browser, shop.url, { hash: '#/radios' });
  const counter = page.locator('[aria-label="Radio counter"]');
  await counter.waitFor();
  assert.match(await counter.textContent(), /3 of 3 connection slots used/);
  assert.match(await counter.textContent(), /Nothing more can connect here/);
  assert.equal(await counter.locator('li').count(), 3);
  assert.match(await page.locator('[aria-label="Radio aisle"]').textContent(), /Listens only/);
  assert.match(await page.locator('section[aria-labelledby="sensors"]').textContent(), /All 3 slots of radio "counter" are used/);
  await counter.locator('li a').first().click();
  await page.waitForFunction(() => location.hash.startsWith('#/device/'));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});
