import type { Plot } from '../../charts/figure.ts'

/**
 * Pictures are drawn after the page has been painted, one after another: the library alone takes as long as all tables.
 * It lies in the page as text until then. Who prints gets all of them at once.
 */
const waiting = new Set<(plot: Plot) => void>()
let library: Plot | undefined
let isPlanned = false

/** Draws when there is time for it. Gives what takes the wish back. */
export function drawSoon(draw: (plot: Plot) => void): () => void {
  waiting.add(draw)
  plan()
  return () => {
    waiting.delete(draw)
  }
}

function plan(): void {
  if (isPlanned || waiting.size === 0) return
  isPlanned = true
  // A frame is painted before the task that its callback asks for.
  requestAnimationFrame(() => setTimeout(drawSome))
}

/** A task longer than this is felt by who scrolls; each task costs a layout of the page. */
const taskMillis = 50

function drawSome(): void {
  isPlanned = false
  const end = performance.now() + taskMillis
  for (const draw of waiting) {
    run(draw)
    if (performance.now() > end) break
  }
  plan()
}

function run(draw: (plot: Plot) => void): void {
  waiting.delete(draw)
  library ??= loadLibrary()
  draw(library)
}

/** The policy of the page allows the text of this script, and no other. */
function loadLibrary(): Plot {
  const script = document.createElement('script')
  script.textContent = document.getElementById('plot')!.textContent
  document.head.append(script)
  return (globalThis as unknown as { plot: Plot }).plot
}

addEventListener('beforeprint', () => {
  for (const draw of waiting) run(draw)
})
