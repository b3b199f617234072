#compdef tunetop
# zsh completion for tunetop, made by: tunetop completion zsh

_tunetop_names() {
  local -a names dir
  local place=${_tunetop_words[(I)--runs-dir*]}
  case ${_tunetop_words[place]} in
    --runs-dir) dir=(--runs-dir ${~_tunetop_words[place + 1]}) ;;
    --runs-dir=*) dir=(--runs-dir ${~_tunetop_words[place]#*=}) ;;
  esac
  names=(${(f)"$(${~_tunetop_words[1]} completion $1 $dir 2>/dev/null)"})
  compadd -a names
  if [[ $1 == presets* ]]; then
    _files -g '*.toml'
  elif (( ! compstate[nmatches] )); then
    _files
  fi
}

%(functions)s
_tunetop() {
  local -a _tunetop_words=($words)
  _tunetop_command
}

if [[ $funcstack[1] == _tunetop ]]; then
  _tunetop "$@"
else
  compdef _tunetop tunetop
fi
