# bash completion for tunetop, made by: tunetop completion bash

# each answers in REPLY: the commands below one, its options, what an option or an argument takes
_tunetop_commands() {
    case $1 in
%(commands)s
        *) REPLY= ;;
    esac
}

_tunetop_options() {
    case $1 in
%(options)s
        *) REPLY= ;;
    esac
}

_tunetop_value() {
    case $1 in
%(values)s
        *) REPLY= ;;
    esac
}

_tunetop_argument() {
    case $1 in
%(arguments)s
        *) REPLY=nothing ;;
    esac
}

# _tunetop_add PREFIX CUR WORD...: the words that begin with CUR, each behind PREFIX
_tunetop_add() {
    local prefix=$1 cur=$2 word
    shift 2
    for word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$prefix$word")
    done
}

_tunetop() {
    local cur=${COMP_WORDS[COMP_CWORD]} command= awaited= word REPLY i place=0
    local IFS=$' \t\n'
    local -a dir=() names=() files=() takes=()
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        # bash takes --view=map apart at its sign
        [[ $word == = ]] && continue
        if [[ -n $awaited ]]; then
            [[ $awaited == --runs-dir ]] && dir=(--runs-dir "${word/#\~/$HOME}")
            awaited=
        elif [[ $word == -- ]]; then
            # a command of the user's own follows
            return
        elif [[ $word == -* ]]; then
            _tunetop_value "$command $word"
            [[ -n $REPLY ]] && awaited=$word
        else
            _tunetop_commands "$command"
            if [[ " $REPLY " == *" $word "* ]]; then
                command=${command:+$command }$word
            else
                place=$((place + 1))
            fi
        fi
    done
    [[ $cur == = ]] && cur=
    if [[ -n $awaited ]]; then
        _tunetop_value "$command $awaited"
    elif [[ $cur == -* ]]; then
        _tunetop_options "$command"
        _tunetop_add "" "$cur" $REPLY
        return
    else
        _tunetop_commands "$command"
        if [[ -n $REPLY ]]; then
            [[ $place == 0 ]] && _tunetop_add "" "$cur" $REPLY
            compopt +o default 2>/dev/null
            return
        fi
        _tunetop_argument "$command $place"
    fi
    takes=($REPLY)
    case ${takes[0]} in
        words) _tunetop_add "" "$cur" "${takes[@]:1}" ;;
        list)
            local before=${cur%"${cur##*,}"}
            _tunetop_add "$before" "${cur##*,}" "${takes[@]:1}"
            compopt -o nospace 2>/dev/null
            ;;
        files) ;; # bash's own
        folders)
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            compopt -o filenames 2>/dev/null
            ;;
        nothing) compopt +o default 2>/dev/null ;;
        *)
            mapfile -t names < <("${COMP_WORDS[0]/#\~/$HOME}" completion "${takes[0]}" "${dir[@]}" 2>/dev/null)
            _tunetop_add "" "$cur" "${names[@]}"
            if [[ ${takes[0]} == presets* ]]; then
                mapfile -t files < <(compgen -f -X '!*.toml' -- "$cur"; compgen -d -- "$cur")
                COMPREPLY+=("${files[@]}")
                compopt -o filenames 2>/dev/null
            fi
            ;;
    esac
}

complete -o default -F _tunetop tunetop
