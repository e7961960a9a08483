/** How each kind of figure was measured. */
const words = {
  size: 'Bytes of the encoded file of each phase. A number is shown only after the file was decoded and compared with what went in, span by span; the floor is what no exact encoder can be expected to beat.',
  cpu: "CPU time of the process that encodes or decodes, without the reading of the input; the median of the rounds. The spread is the rounds' median absolute deviation.",
  parts: 'Each phase counts the bytes of its own parts while it writes; they add up to the file.',
  memory: 'The peak of resident memory of a process that does nothing else.',
  loss: 'The same questions are asked of the original and of what was kept, by the same code, and their answers compared.',
} as const

/** How a figure came about, and the command that makes it anew. */
export function Measured({ what, command }: { what: keyof typeof words; command: string }) {
  return (
    <details class="measured">
      <summary>How it was measured</summary>
      <p>{words[what]}</p>
      <code>{command}</code>
    </details>
  )
}
