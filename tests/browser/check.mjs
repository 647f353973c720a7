// Looks at a page of `dtlearn report --html` as a browser does. Not part of `cargo test`: it takes Chromium.
//
//   npm install playwright-core axe-core html-validate
//   node tests/browser/check.mjs page.html [folder for screenshots]
//
// Fails when the page says anything on the console, asks for anything, scrolls sideways, is no valid HTML, or when
// an accessibility check fails. CHROMIUM names the browser [default: /usr/bin/chromium].

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

// The packages are looked for where the command is run.
const require = createRequire(pathToFileURL(resolve("package.json")));
const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const file = resolve(process.argv[2]);
const shots = process.argv[3];
const problems = [];

const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  // What maud writes is valid, and is not to be read by people.
  rules: { "no-inline-style": "error", "long-title": "off", "void-style": "off", "attribute-boolean-style": "off" },
});
const report = await validator.validateFile(file);
for (const result of report.results) {
  for (const m of result.messages) problems.push(`html ${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
for (const width of [1280, 390]) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: false });
    const page = await context.newPage();
    const name = `${width} ${colorScheme}`;
    page.on("console", (message) => problems.push(`${name} console: ${message.text()}`));
    page.on("pageerror", (error) => problems.push(`${name} error: ${error}`));
    page.on("request", (request) => {
      if (request.url() !== pathToFileURL(file).href) problems.push(`${name} request: ${request.url()}`);
    });
    await page.goto(pathToFileURL(file).href);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (sideways > 0) problems.push(`${name}: wider than the screen by ${sideways}`);
    if (shots) await page.screenshot({ path: `${shots}/page-${width}-${colorScheme}.png`, fullPage: true });
    const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
    for (const v of found.violations) {
      problems.push(`${name} axe ${v.impact} ${v.id}: ${v.help} (${v.nodes.length}, such as ${v.nodes[0].html})`);
    }
    await context.close();
  }
}
await browser.close();
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? "nothing found" : `${problems.length} found`);
process.exit(problems.length === 0 ? 0 : 1);
