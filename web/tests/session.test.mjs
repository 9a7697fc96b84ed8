// Signing in, a gateway that goes away and comes back, and the policy that keeps foreign scripts out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessible } from './accessible.mjs';
import { gateway, launch, open, phone } from './support.mjs';

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

test('a token is asked for, wrong ones are refused, the right one stays', async () => {
  const { fake, url } = await gateway({ token: 'open sesame' });
  const page = await open(browser, url, { width: phone });
  await page.waitForSelector('h1:text("Sign in")');
  assert.deepEqual(await accessible(page), []);
  await page.getByLabel('Token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForSelector('text=This is not the token.');
  await page.getByLabel('Token').fill('open sesame');
  await page.keyboard.press('Enter');
  await page.waitForSelector('[role="option"]');
  await page.reload();
  await page.waitForSelector('[role="option"]');
  assert.equal(await page.evaluate(() => document.cookie), '', 'scripts cannot read the token');
  await page.context().close();
  fake.close();
});

test('a gateway that goes away is said, and found again', async () => {
  let { fake, url } = await gateway();
  const page = await open(browser, url);
  await page.waitForSelector('[role="option"]');
  fake.close();
  await page.waitForSelector('footer >> text=No connection');
  const again = await gateway({ devices: 16, port: Number(new URL(url).port) });
  fake = again.fake;
  await page.waitForSelector('footer >> text=Live', { timeout: 20_000 });
  await page.waitForFunction(() => document.querySelector('.live header p').textContent === '16 devices', null, { timeout: 20_000 });
  await page.context().close();
  fake.close();
});

test('the policy is in force: no inline script, no inline style, nothing from elsewhere', async () => {
  const { fake, url } = await gateway();
  const page = await open(browser, url);
  await page.waitForSelector('[role="option"]');
  assert.deepEqual(page.complaints, []);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.broken = true';
    document.body.append(script);
    const box = document.createElement('div');
    box.innerHTML = '<p id="styled" style="color: rgb(1, 2, 3)">x</p>';
    document.body.append(box);
  });
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.getElementById('styled')).color), 'rgb(1, 2, 3)');
  assert.ok(page.complaints.some((complaint) => complaint.includes('script-src') || complaint.includes('default-src')));
  await page.context().close();
  fake.close();
});
