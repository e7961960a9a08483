import { LabError } from '../error.ts'

/**
 * Whether a text is of a glob: `*` any characters, `?` one, `[a-z]` or `[!a-z]` one of a range, `{a,b}` either, a
 * backslash the character after it. A glob that breaks off is an `invalid` error.
 */
export function globTest(glob: string): (text: string) => boolean {
  const tokens = glob.match(/\\.|\[[^\]]*\]|\*+|[\s\S]/gu) ?? []
  let depth = 0
  const source = tokens.map(token => {
    if (token === '{') depth++
    if (token === '}') depth--
    if (depth < 0 || depth > 1 || token === '[' || token === '\\') throw broken(glob)
    return sourceOf(token, depth)
  })
  if (depth !== 0) throw broken(glob)
  const pattern = compiled(source.join(''), glob)
  return text => pattern.test(text)
}

function sourceOf(token: string, depth: number): string {
  if (token.startsWith('*')) return '[^]*'
  if (token === '?') return '[^]'
  if (token === '{') return '(?:'
  if (token === '}') return ')'
  if (token === ',' && depth > 0) return '|'
  if (token.length > 1 && token.startsWith('[')) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
  const literal = token.length === 2 && token.startsWith('\\') ? token.slice(1) : token
  return literal.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

function compiled(source: string, glob: string): RegExp {
  try {
    return new RegExp(`^(?:${source})$`, 'u')
  } catch {
    throw broken(glob)
  }
}

function broken(glob: string): LabError {
  return new LabError('invalid', `glob ${JSON.stringify(glob)}: a bracket, a brace or a backslash without its end`)
}
