import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { blockpackFlags } from '../../../harness/cli/blockpack-flags.ts'
import { configure, printRule, profiles, settings } from '../../../lib/formats/blockpack/write/config.ts'
import { parseTempoConfig } from '../../../lib/formats/blockpack/write/tempo-config.ts'

const page = readFileSync(new URL('../../../docs/blockpack-config.md', import.meta.url), 'utf8')

/** The cells of the tables below a heading, without the lines that head them. */
function cellsOf(heading: string): string[][] {
  const section = page.split('\n## ').find(text => text.startsWith(`${heading}\n`))!
  const lines = section.split('\n').filter(line => line.startsWith('| `'))
  return lines.map(line =>
    line
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

describe('docs/blockpack-config.md says what the code does', () => {
  test('keys, defaults and what is allowed', () => {
    const stated = cellsOf('Keys').map(cells => cells.slice(0, 3))
    expect(stated).toEqual(
      settings.map(({ key, name, rule }) => [`\`${key}\``, String(profiles.default[name]), printRule(rule)]),
    )
  })

  test('profiles', () => {
    const [names, ...rows] = [page.match(/\| key \| `default`.*/)![0].match(/`[^`]+`/g)!, ...cellsOf('Profiles')]
    expect(names).toEqual(Object.keys(profiles).map(name => `\`${name}\``))
    expect(rows).toEqual(
      settings.map(({ key, name }) => [`\`${key}\``, ...Object.values(profiles).map(profile => String(profile[name]))]),
    )
  })

  test('flags', () => {
    const stated = cellsOf('From flags').map(([flags]) => /^`--([\w-]+)/.exec(flags!)![1])
    expect(stated).toEqual(Object.keys(blockpackFlags))
  })

  test('the YAML example', () => {
    const [, yaml] = page.match(/```yaml\n(.*?)```/s)!
    expect(configure('default', parseTempoConfig(yaml!, 'example')).config).toEqual({
      ...profiles.default,
      compressionLevel: 5,
      columnBlockSize: 131_072,
      minhashPermutations: 256,
    })
  })
})
