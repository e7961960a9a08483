import type { CommandModule } from 'yargs'

const scripts = {
  bash: `_trace_lab() {
  local IFS=$'\\n'
  COMPREPLY=($(trace-lab --complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o bashdefault -o default -F _trace_lab trace-lab`,
  zsh: `#compdef trace-lab
_trace_lab() {
  local -a found
  found=("\${(@f)$(trace-lab --complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found[1]" ]]; then compadd -- $found; else _files; fi
}
compdef _trace_lab trace-lab`,
}

type Shell = keyof typeof scripts

export const completion: CommandModule<object, { shell: Shell | undefined }> = {
  command: 'completion [shell]',
  describe: 'Print a script with which bash or zsh completes commands, flags and their values',
  builder: yargs =>
    yargs
      .positional('shell', { describe: 'default: that of $SHELL', choices: Object.keys(scripts) as Shell[] })
      .example('source <($0 completion bash)', 'in ~/.bashrc'),
  handler: ({ shell = process.env.SHELL?.endsWith('zsh') ? 'zsh' : 'bash' }) => {
    console.log(scripts[shell])
  },
}
