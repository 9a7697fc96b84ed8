// The lab: every section shows what the gateway has computed of what is set.
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

const sections = { filter: 'li svg', gatt: 'td code', beacons: '.byte', smoothing: '.changes', power: 'svg .days', questions: 'fieldset' };
const shots = process.env.MOOR_SHOTS;

for (const [section, shows] of Object.entries(sections))
  for (const theme of ['light', 'dark'])
    for (const [size, width] of [['desk', desk], ['phone', phone]])
      test(`${section}, ${theme}, ${size}`, async () => {
        const page = await open(browser, shop.url, { theme, width, hash: `#/lab/${section}` });
        await page.waitForSelector(shows);
        if (shots) await page.screenshot({ path: `${shots}/lab-${section}-${theme}-${size}.png` });
        assert.deepEqual(await accessible(page), []);
        assert.deepEqual(await overflow(page), []);
        assert.deepEqual(page.complaints, []);
        await page.context().close();
      });

async function lab(section) {
  const page = await open(browser, shop.url, { hash: `#/lab/${section}` });
  await page.waitForSelector(sections[section]);
  return page;
}

/** Sets a slider as a person does with keys. */
async function slide(page, label, value) {
  await page.getByLabel(label).evaluate((element, wanted) => {
    element.value = wanted;
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }, String(value));
}

test('the filter counts who passes', async () => {
  const page = await lab('filter');
  await page.getByLabel('simulated').check();
  await page.waitForSelector('text=4 devices of 8 pass');
  await slide(page, 'Keep what is at least', -50);
  await page.waitForSelector('text=1 device of 8 passes');
  await page.getByLabel('Name contains').fill('watch');
  await page.waitForSelector('text=0 devices of 8 pass');
  await page.context().close();
});

test('services are picked and numbers looked up', async () => {
  const page = await lab('gatt');
  await page.waitForSelector('text=Heart Rate Measurement');
  await page.getByLabel('Pick a service').selectOption('181a');
  await page.waitForSelector('h2:text("Environmental Sensing")');
  await page.getByLabel('or look up any number or name').fill('battery');
  await page.waitForSelector('h2:text("Battery")');
  await page.getByLabel('or look up any number or name').fill('nonsense here');
  await page.waitForSelector("text=nothing is called 'nonsense here'");
  assert.deepEqual(page.complaints.filter((text) => !text.includes('404')), []);
  await page.context().close();
});

test('a beacon is built, and what cannot be is said', async () => {
  const page = await lab('beacons');
  const first = page.getByRole('region', { name: 'First beacon' });
  await first.getByLabel('Major').fill('258');
  await first.locator('tr', { hasText: 'major' }).locator('text=01 02').waitFor();
  assert.match(await first.locator('.command').textContent(), /moor encode ibeacon .*--major=258/);
  await first.getByLabel('Proximity UUID').fill('short');
  await first.getByRole('alert').waitFor();
  const second = page.getByRole('region', { name: 'Second beacon' });
  await second.getByLabel('Format').selectOption('eddystone-tlm');
  await second.locator('text=2950 mV').waitFor();
  await page.getByLabel('Bytes in hexadecimal').fill('02 01 06 03 03 0f 18');
  await page.locator('.card').last().locator('.byte').nth(6).waitFor();
  await page.context().close();
});

test('smoothing: window, response and changes follow the sliders', async () => {
  const page = await lab('smoothing');
  const fact = (name) => page.locator('.lab-facts div', { hasText: name }).locator('dd').textContent();
  assert.match(await fact('Effective window'), /5\.7/);
  assert.match(await fact('Response time'), /10\.0 s/);
  await slide(page, 'Alpha', 0.2);
  await page.waitForFunction(() => document.querySelector('.lab-facts dd').textContent.startsWith('9.0'));
  assert.match(await fact('Response time'), /15\.0 s/);
  await page.getByRole('button', { name: 'No smoothing' }).click();
  await page.waitForFunction(() => document.querySelector('.lab-facts dd').textContent.startsWith('1.0'));
  assert.ok(Number.parseInt(await fact('Changes of zone'), 10) > 5);
  await page.getByLabel('τ, by time').check();
  await page.waitForFunction(() => document.querySelector('.lab-facts dd').textContent.startsWith('6.1'));
  await page.getByLabel('Walk', { exact: false }).first().selectOption('doorway');
  await page.waitForSelector('text=Somebody stands in the doorway');
  await slide(page, 'Immediate above', -80);
  await page.waitForSelector('text=near_dbm must be above far_dbm');
  await page.context().close();
});

test('a device that is heard now can be smoothed', async () => {
  const page = await lab('smoothing');
  const option = page.locator('optgroup option').first();
  await page.getByLabel('Walk', { exact: false }).first().selectOption(await option.getAttribute('value'));
  await page.waitForFunction(() => /in \d+\smin/.test(document.querySelectorAll('.lab-facts dd')[2].textContent));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('power: the flow takes the other way, and the sum is the right one', async () => {
  const page = await lab('power');
  const flow = page.getByRole('img', { name: /Decision flow/ });
  assert.match(await flow.getAttribute('aria-label'), /broadcast/);
  await page.getByRole('button', { name: 'Wristband' }).click();
  await page.waitForFunction(() => document.querySelector('svg[role="img"]').getAttribute('aria-label').includes('connection;'));
  await page.waitForSelector('dd:has-text("1,736 days")');
  await page.getByRole('button', { name: 'Ten times' }).click();
  await page.waitForSelector('dd:has-text("174 days")');
  await page.context().close();
});

test('questions say what is right, and why', async () => {
  const page = await lab('questions');
  await page.getByLabel('5 samples').check();
  await page.waitForSelector('text=not this one');
  await page.waitForSelector('text=The effective window is');
  await page.getByLabel('−62 dBm').check();
  await page.waitForSelector('text=/1\\s+right of 2 answered/');
  await page.getByRole('button', { name: 'Begin again' }).click();
  assert.equal(await page.locator('.why').count(), 0);
  await page.context().close();
});

test('sections are addresses, and reachable by keys', async () => {
  const page = await lab('filter');
  await page.getByRole('link', { name: 'Smoothing' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash === '#/lab/smoothing');
  assert.equal(await page.getByRole('link', { name: 'Smoothing' }).getAttribute('aria-current'), 'true');
  await page.goBack();
  await page.waitForSelector('text=Keep what is at least');
  await page.context().close();
});
