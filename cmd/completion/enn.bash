# bash completion for ennsign, ennverify and enninspect.  The options are taken from --help, their one home.
_enn()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    if [[ $prev == = ]] && ((COMP_CWORD >= 2)); then prev=${COMP_WORDS[COMP_CWORD-2]}; fi
    if [[ $cur == = ]]; then cur=; fi
    case $prev in
    --progress | --white | --effort)
        local words
        words=$("$1" --help 2>/dev/null | sed -n "s/^.*$prev=\\([a-z|]*\\).*/\\1/p" | tr '|' ' ')
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
        ;;
    --gtin | --lot | --expiry | --serial | --gs1 | --unit | --nonce | --step | --strength | --dpi | --tac-limit | --screen | \
        --region | --protect-region | --page | --technical | --allow-ink | --ink | \
        --new-issuer | --valid-days | --passphrase-fd | --p-false | --tolerance | --ignore-smaller | --at | --pin | --max-pixels | --max-memory | -j | --threads)
        return
        ;;
    --out-dir)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$cur")
        return
        ;;
    esac
    if [[ $cur == -* ]]; then
        local options
        options=$("$1" --help 2>/dev/null | sed -n 's/^  .. *\(--[a-z0-9-]*\).*/\1/p; s/^  -., \(--[a-z0-9-]*\).*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        return
    fi
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}
complete -F _enn ennsign ennverify enninspect
