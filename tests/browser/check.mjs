// Looks at pages of `dtlearn report --html` as a browser does. Not part of `cargo test`: it takes Chromium, which
// `tests/browser/run` finds or installs.
//
//   node tests/browser/check.mjs FOLDER_OF_PICTURES NAME=page.html …
//
// Fails when a page says anything on the console, asks for anything, scrolls sideways, is no valid HTML, when an
// accessibility check fails, when a table is cut on a wide screen, when a picture has letters outside of it, too small
// ones, or no words under the pointer, or when its beginning looks other than the stored picture. Pictures depend on the
// fonts of a machine: they are compared where fonts and browser are those of the stored ones, and it is said where they
// are not. CHROMIUM names the browser [default: /usr/bin/chromium]; with WRITE=1 the pictures are stored anew. The
// packages are looked for where the command is run.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(pathToFileURL(resolve("package.json")));
const { chromium } = require("playwright-core");
const { HtmlValidate } = require("html-validate");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const stored = process.argv[2];
const pages = process.argv.slice(3).map((argument) => {
  const [name, path] = argument.split("=");
  return { name, file: resolve(path) };
});
const problems = [];

// What is compared of a page: so much of its beginning, at a quarter of its size and in few shades, so that another
// version of a font or of the browser makes no difference and another arrangement does.
const HEIGHT = 1600;
const SCALE = 4;
const BLOCK = 8;
// A block differs when it is so much lighter or darker in the mean, of 255; so many of them may.
const SHADE = 16;
const SHARE = 0.08;

// The smallest letters of a picture, in pixels of the screen.
const LETTERS = 10.5;
// From this width on no table is cut.
const WIDE = 1280;

const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  // What maud writes is valid, and is not to be read by people.
  rules: { "no-inline-style": "error", "long-title": "off", "void-style": "off", "attribute-boolean-style": "off" },
});
for (const { name, file } of pages) {
  const report = await validator.validateFile(file);
  for (const result of report.results) {
    for (const m of result.messages) problems.push(`${name} html ${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});

// What a picture depends on besides the page.
function drawnBy() {
  const font = (pattern) => {
    try {
      return execFileSync("fc-match", ["-f", "%{family} %{fontversion}", pattern]).toString();
    } catch {
      return "unknown";
    }
  };
  const fonts = ["system-ui", "sans-serif", "sans-serif:bold"].map((pattern) => `${pattern}: ${font(pattern)}`);
  return { chromium: browser.version().split(".")[0], fonts };
}

const here = drawnBy();
const record = `${stored}/drawn-by.json`;
if (process.env.WRITE === "1") writeFileSync(record, `${JSON.stringify(here, null, 2)}\n`);
const then = existsSync(record) ? JSON.parse(readFileSync(record)) : {};
const areComparable = JSON.stringify(then) === JSON.stringify(here);
if (!areComparable) {
  console.log("SKIPPED: PICTURES ARE NOT COMPARED, they were drawn by another browser or with other fonts:");
  console.log(`  stored ${JSON.stringify(then)}`);
  console.log(`  here   ${JSON.stringify(here)}`);
}

// A page without rules, on which pictures are made small and compared.
const bench = await (await browser.newContext()).newPage();
const inBench = (work, argument) => bench.evaluate(work, argument);

async function reduced(png) {
  return inBench(
    async ({ png, scale }) => {
      const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
      const [width, height] = [Math.round(picture.width / scale), Math.round(picture.height / scale)];
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(picture, 0, 0, width, height);
      const pixels = context.getImageData(0, 0, width, height);
      for (let at = 0; at < pixels.data.length; at++) {
        if (at % 4 !== 3) pixels.data[at] = Math.round(pixels.data[at] / 17) * 17;
      }
      context.putImageData(pixels, 0, 0);
      return canvas.toDataURL("image/png").split(",")[1];
    },
    { png, scale: SCALE },
  );
}

// The share of blocks in which two pictures differ.
async function difference(one, other) {
  return inBench(
    async ({ pictures, block, shade }) => {
      const read = async (png) => {
        const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
        const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
        const context = canvas.getContext("2d");
        context.drawImage(picture, 0, 0);
        return context.getImageData(0, 0, picture.width, picture.height);
      };
      const [one, other] = [await read(pictures[0]), await read(pictures[1])];
      if (one.width !== other.width || one.height !== other.height) return 1;
      let [blocks, differing] = [0, 0];
      for (let top = 0; top < one.height; top += block) {
        for (let left = 0; left < one.width; left += block) {
          const sum = [0, 0, 0];
          let n = 0;
          for (let y = top; y < Math.min(top + block, one.height); y++) {
            for (let x = left; x < Math.min(left + block, one.width); x++, n++) {
              const at = 4 * (y * one.width + x);
              for (let c = 0; c < 3; c++) sum[c] += one.data[at + c] - other.data[at + c];
            }
          }
          blocks++;
          differing += sum.some((s) => Math.abs(s) / n > shade) ? 1 : 0;
        }
      }
      return differing / blocks;
    },
    { pictures: [one, other], block: BLOCK, shade: SHADE },
  );
}

async function compare(page, name, width) {
  const clip = { x: 0, y: 0, width, height: HEIGHT };
  const small = await reduced((await page.screenshot({ fullPage: true, clip })).toString("base64"));
  const path = `${stored}/${name.replaceAll(" ", "-")}.png`;
  if (process.env.WRITE === "1") {
    writeFileSync(path, Buffer.from(small, "base64"));
  } else if (!existsSync(path)) {
    problems.push(`${name}: there is no ${path}`);
  } else if (areComparable) {
    const share = await difference(small, readFileSync(path).toString("base64"));
    const percent = `${(share * 100).toFixed(1)} %`;
    console.log(`${name}: ${percent} of the picture differs from the stored one`);
    if (share > SHARE) problems.push(`${name}: ${percent} of the picture differs from ${path}; WRITE=1 stores it anew`);
  }
}

// What is cut, too small or without words, with everything unfolded.
async function misshapen(page, width) {
  return page.evaluate(
    ({ isWide, least }) => {
      const found = [];
      const sideways = document.documentElement.scrollWidth - innerWidth;
      if (sideways > 0) found.push(`wider than the screen by ${sideways}`);
      for (const around of isWide ? document.querySelectorAll(".scroll") : []) {
        if (around.scrollWidth > around.clientWidth + 1) {
          found.push(`table cut: ${around.ariaLabel}, ${around.scrollWidth} in ${around.clientWidth}`);
        }
      }
      for (const picture of document.querySelectorAll("figure svg")) {
        const title = picture.closest("figure").querySelector("b").textContent;
        const box = picture.getBoundingClientRect();
        if (picture.querySelector("title") === null) found.push(`no words under the pointer: ${title}`);
        for (const text of picture.querySelectorAll("text")) {
          const { left, right } = text.getBoundingClientRect();
          if (left < box.left - 1 || right > box.right + 1) found.push(`cut off in ${title}: ${text.textContent}`);
          const size = (parseFloat(getComputedStyle(text).fontSize) * box.width) / picture.viewBox.baseVal.width;
          if (size < least) found.push(`letters of ${size.toFixed(1)} pixels in ${title}: ${text.textContent}`);
        }
      }
      return found;
    },
    { isWide: width >= WIDE, least: LETTERS },
  );
}

async function look({ name: of, file }, width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: false });
  const page = await context.newPage();
  const name = `${of} ${width} ${colorScheme}`;
  page.on("console", (message) => problems.push(`${name} console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`${name} error: ${error}`));
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href) problems.push(`${name} request: ${request.url()}`);
  });
  await page.goto(pathToFileURL(file).href);
  await compare(page, name, width);
  // What is folded away is looked at too.
  await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
  for (const what of await misshapen(page, width)) problems.push(`${name}: ${what}`);
  const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
  for (const v of found.violations) {
    problems.push(`${name} axe ${v.impact} ${v.id}: ${v.help} (${v.nodes.length}, such as ${v.nodes[0].html})`);
  }
  await context.close();
}

// On paper nothing folds and nothing scrolls: A4 with the margins of the style.
async function print({ name, file }) {
  const context = await browser.newContext({ viewport: { width: 718, height: 1000 } });
  const page = await context.newPage();
  await page.goto(pathToFileURL(file).href);
  await page.emulateMedia({ media: "print" });
  const found = await page.evaluate(() => {
    const tables = [...document.querySelectorAll("table")];
    const named = (what, table) => `${what} on paper: ${table.caption.textContent}`;
    const box = (table) => table.getBoundingClientRect();
    return [
      ...tables.filter((table) => box(table).right > innerWidth + 1).map((table) => named("cut", table)),
      ...tables.filter((table) => box(table).height < 5).map((table) => named("missing", table)),
    ];
  });
  for (const what of found) problems.push(`${name}: ${what}`);
  await context.close();
}

for (const page of pages) {
  for (const width of [1280, 768, 390]) {
    for (const colorScheme of ["light", "dark"]) await look(page, width, colorScheme);
  }
  await print(page);
}
await browser.close();
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? "nothing found" : `${problems.length} found`);
process.exit(problems.length === 0 ? 0 : 1);
