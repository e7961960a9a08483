/** Builds the command of the package in dist/: compiled, with the licences of what is compiled into it. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleInto, compileStarts, phaseSources, threadStarts } from './bundle.ts'
import { root } from './compiled.ts'
import { writePages } from './page.ts'

const folder = join(root, 'dist')
const place = "join(__dirname, '..')"

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder)
const { metafile } = await bundleInto(folder, { place, phases: phaseSources(), isInstalled: true })
await compileStarts(folder, place, [...threadStarts, 'harness/trace-lab.ts'])
const pageInputs = await writePages(folder)
writeFileSync(join(folder, 'LICENSES.txt'), licencesOf([...Object.keys(metafile!.inputs), ...pageInputs]))

/** The licences of the packages that these files are of. */
function licencesOf(files: readonly string[]): string {
  const packages = files.flatMap(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [])
  return [...new Set([...new Set(packages)].map(licenceOf))].sort().join('\n')
}

function licenceOf(path: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
  const file = readdirSync(join(root, path)).find(entry => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`${path}: has no file of its licence`)
  const text = readFileSync(join(root, path, file), 'utf8')
  return `${name} ${version} (${license})\n\n${text.trim()}\n`
}
