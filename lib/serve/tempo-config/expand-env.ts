import { LabError } from '../../error.ts'

const reference = /\$\$|\$\{([^{}]*)\}/g
const name = /^[A-Za-z_]\w*$/

/**
 * A text with `${NAME}` and `${NAME:default}` (also `:-`) replaced by variables of the environment, as Tempo does with
 * `-config.expand-env`; `$$` is a dollar sign. One that is not set and has no default is an error, but in a comment.
 */
export function expandEnv(text: string, file: string, env: NodeJS.ProcessEnv): string {
  const lines = text.split('\n')
  return lines.map((line, i) => expandLine(line, `${file}: line ${i + 1}`, env)).join('\n')
}

function expandLine(line: string, place: string, env: NodeJS.ProcessEnv): string {
  const comment = /(?:^|\s)#/.exec(line)?.index ?? line.length
  const content = line.slice(0, comment).replaceAll(reference, (whole, inner?: string) => {
    if (inner === undefined) return '$'
    const [, variable = '', otherwise] = /^([^:]*)(?::-?(.*))?$/.exec(inner) ?? []
    if (!name.test(variable))
      throw new LabError('invalid', `${place}: ${whole}: expected \${NAME} or \${NAME:default}; $$ is a dollar sign`)
    const value = env[variable] || otherwise
    if (value !== undefined) return value
    throw new LabError(
      'invalid',
      `${place}: ${whole}: ${variable} is not set; set it, or write \${${variable}:default}`,
    )
  })
  return content + line.slice(comment)
}
