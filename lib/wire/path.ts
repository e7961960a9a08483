/** A message with the path of fields before it; the middle of a long path is left out. */
export function atPath(path: readonly string[], message: string): string {
  if (path.length === 0) return message
  const text = path.length > 12 ? `${path.slice(0, 8).join('.')}…${path.slice(-2).join('.')}` : path.join('.')
  return `${text}: ${message}`
}
