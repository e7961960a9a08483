/** What went wrong, in the words of who says so; of a query, the line with the place below it. */
export function Problem({ text, query }: { text: string | undefined; query?: string }) {
  if (text === undefined) return null
  const [, line, column] = /^traceql at line (\d+), column (\d+)/.exec(text) ?? []
  const wrong = query?.split('\n')[Number(line) - 1]
  return (
    <div class="problem" role="alert">
      {text}
      {wrong !== undefined && <pre>{`${wrong}\n${' '.repeat(Number(column) - 1)}^`}</pre>}
    </div>
  )
}
