import type { ComponentChildren } from 'preact'

/** What may be wider than the page: it scrolls on its own, by keys too. */
export function Wide({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no pointer scrolls it by the arrow keys.
    <section class="wide" tabIndex={0} aria-label={label}>
      {children}
    </section>
  )
}
