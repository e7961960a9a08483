import { expect, test } from 'vitest'
import { commands } from '../../../harness/cli/commands.ts'
import { lab } from '../../support/command.ts'

test('--help lists every command of the table under the name that it is called by', async () => {
  const { code, stdout } = await lab('--help')
  expect(code).toBe(0)
  const listed = [...stdout.matchAll(/^ +npx tsx main\.ts (\w\S*)/gm)].map(match => match[1])
  expect(listed).toEqual(Object.keys(commands))
  expect(stdout).toMatch(/--phase +phases to run/)
})

test.each([
  [['list', '--phase', '03'], /^unknown argument phase; --help/],
  [['tags', 'x', '--scpe', 'span'], /^unknown argument scpe \(did you mean scope\?\)/],
  [['bench', 'kernels', '--progres'], /^unknown argument progres \(did you mean progress\?\)/],
  [['--no-progress', 'lst'], /^unknown \w+ lst \(did you mean list\?\)/],
  [['--results', 'list', '--phaze', '3'], /^unknown argument phaze \(did you mean phase\?\)/],
])('a hint names what the called command knows: %j', async (args, message) => {
  const { code, stderr } = await lab(...args)
  expect(code).toBe(2)
  expect(stderr).toMatch(message)
})

test('a command is found behind flags', async () => {
  const { code, stderr } = await lab('--stack', 'inspect', 'none.blockpack')
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^none\.blockpack: no such file/) })
})
