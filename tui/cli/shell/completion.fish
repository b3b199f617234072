# fish completion for tunetop, made by: tunetop completion fish

# whether the cursor is behind that command, or with no words behind none
function __tunetop_at
    set -l found
    set -l awaited
    set -l words (commandline -opc)
    for word in $words[2..-1]
        if test -n "$awaited"
            set awaited
        else if test "$word" = --runs-dir
            set awaited $word
        else if not string match -q -- '-*' $word
            if test (count $found) -eq 0
                set found $word
            else if test (count $found) -eq 1; and contains -- $found[1] %(groups)s
                set -a found $word
            end
        end
    end
    test "$found" = "$argv"
end

function __tunetop_names
    set -l words (commandline -opc)
    set -l place (contains -i -- --runs-dir $words)
    set -l dir (string match -- '--runs-dir=*' $words)
    if test -n "$place"; and test (count $words) -gt $place
        set dir --runs-dir $words[(math $place + 1)]
    end
    $words[1] completion $argv[1] $dir 2>/dev/null
end

function __tunetop_path
    string match -q -r '^[.~]|/' -- (commandline -ct)
end

# words with commas between them
function __tunetop_list
    set -l before (commandline -ct | string replace -r '^--[a-z-]+=' '' | string replace -r '[^,]*$' '')
    printf '%s\n' $before$argv
end

complete -c tunetop -f
