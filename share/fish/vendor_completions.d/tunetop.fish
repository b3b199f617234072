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
            else if test (count $found) -eq 1; and contains -- $found[1] presets
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
complete -c tunetop -n '__tunetop_at' -a init -d 'Write a commented preset for a table: target, kinds of columns, metric, folds, model, space, four methods.'
complete -c tunetop -n '__tunetop_at' -a run -d 'Run a preset and watch it.'
complete -c tunetop -n '__tunetop_at' -a resume -d 'Go on with a run where it stopped.'
complete -c tunetop -n '__tunetop_at' -a attach -d 'Watch a run of any process, live or finished.'
complete -c tunetop -n '__tunetop_at' -a list -d 'List the runs: state, progress, best score.'
complete -c tunetop -n '__tunetop_at' -a show -d 'Print a run\'s comparison, or one of its views.'
complete -c tunetop -n '__tunetop_at' -a stop -d 'Stop a run of any terminal: running folds finish, the summary is written. Asked again, it ends at once.'
complete -c tunetop -n '__tunetop_at' -a pause -d 'Let a run begin no new folds.'
complete -c tunetop -n '__tunetop_at' -a unpause -d 'Let a paused run go on.'
complete -c tunetop -n '__tunetop_at' -a presets -d 'The shipped presets, or the check of one\'s own.'
complete -c tunetop -n '__tunetop_at' -a add -d 'Add a trial by hand: to a running run, or to one that has ended, which goes on with it.'
complete -c tunetop -n '__tunetop_at' -a race -d 'Run a preset\'s methods over many seeds and rank them.'
complete -c tunetop -n '__tunetop_at' -a clean -d 'Remove old runs, after a question; runs that are going are never touched.'
complete -c tunetop -n '__tunetop_at' -a compare -d 'Hold runs side by side: what differs, winners with paired tests; of one run, all runs on the same data.'
complete -c tunetop -n '__tunetop_at' -a completion -d 'Print the script that completes tunetop\'s commands, options, runs and presets in a shell.'
complete -c tunetop -n '__tunetop_at' -a doctor -d 'Say what is here: terminal, colours, locale, versions, runs folder, extras; exit code 1 for trouble.'
complete -c tunetop -n '__tunetop_at' -a export -d 'Write a run\'s or race\'s results and pictures as files, or a run\'s fitted winner, or a script of it.'
complete -c tunetop -n '__tunetop_at' -a predict -d 'Predict the rows of a table by a run\'s winner; columns are read as the run\'s own were.'
complete -c tunetop -n '__tunetop_at' -a report -d 'Write runs, or a race, as one HTML file that needs no network.'
complete -c tunetop -n '__tunetop_at' -a watch -d 'Watch searches that other programs make: scikit-learn\'s, Optuna\'s, Ray Tune\'s.'
complete -c tunetop -n '__tunetop_at' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at' -l ssh -l no-ssh -d 'Save bytes on the line (default: over SSH).'
complete -c tunetop -n '__tunetop_at' -l mouse -l no-mouse -d 'Let the mouse be used.'
complete -c tunetop -n '__tunetop_at' -l version -d 'Print the version.'
complete -c tunetop -n '__tunetop_at' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at init' -l target -d 'The column to predict.' -x
complete -c tunetop -n '__tunetop_at init' -l model -d 'auto, logistic, forest, hgb, svm, knn, mlp, xgboost or lightgbm.' -x -a 'auto hgb logistic forest svm knn mlp xgboost lightgbm'
complete -c tunetop -n '__tunetop_at init' -l to -d 'Where the preset goes.' -r -F
complete -c tunetop -n '__tunetop_at init' -l force -d 'Replace what is there.'
complete -c tunetop -n '__tunetop_at init' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at init' -F
complete -c tunetop -n '__tunetop_at run' -l methods -d 'Methods to run, with commas between.' -x -a '(__tunetop_list grid random refine bayes halving optuna)'
complete -c tunetop -n '__tunetop_at run' -l workers -s w -d 'Worker processes (default: all cores).' -x
complete -c tunetop -n '__tunetop_at run' -l cluster -d 'Run folds on a Dask cluster, tcp://HOST:PORT, tls://…, file:…; ray:auto' -x
complete -c tunetop -n '__tunetop_at run' -l seed -d 'A seed for all methods instead of the preset\'s.' -x
complete -c tunetop -n '__tunetop_at run' -l set -d 'Change a value of the preset.' -x
complete -c tunetop -n '__tunetop_at run' -l together -d 'Run the methods side by side.'
complete -c tunetop -n '__tunetop_at run' -l headless -d 'Show progress without a screen.'
complete -c tunetop -n '__tunetop_at run' -l detach -d 'Run free of this terminal, and return at once.'
complete -c tunetop -n '__tunetop_at run' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at run' -l allow-import -d 'A module that the preset may name besides.' -x
complete -c tunetop -n '__tunetop_at run' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at run' -l ssh -l no-ssh -d 'Save bytes on the line (default: over SSH).'
complete -c tunetop -n '__tunetop_at run' -l mouse -l no-mouse -d 'Let the mouse be used.'
complete -c tunetop -n '__tunetop_at run' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at run' -a '(__tunetop_names presets) (__fish_complete_suffix .toml)'
complete -c tunetop -n '__tunetop_at run; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at resume' -l workers -s w -d 'Worker processes (default: all cores).' -x
complete -c tunetop -n '__tunetop_at resume' -l cluster -d 'Run folds on a Dask cluster, tcp://HOST:PORT, tls://…, file:…; ray:auto' -x
complete -c tunetop -n '__tunetop_at resume' -l trials -d 'More trials, of finished methods too: N in all, +N more.' -x
complete -c tunetop -n '__tunetop_at resume' -l headless -d 'Show progress without a screen.'
complete -c tunetop -n '__tunetop_at resume' -l detach -d 'Run free of this terminal, and return at once.'
complete -c tunetop -n '__tunetop_at resume' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at resume' -l allow-import -d 'A module that the preset may name besides.' -x
complete -c tunetop -n '__tunetop_at resume' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at resume' -l ssh -l no-ssh -d 'Save bytes on the line (default: over SSH).'
complete -c tunetop -n '__tunetop_at resume' -l mouse -l no-mouse -d 'Let the mouse be used.'
complete -c tunetop -n '__tunetop_at resume' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at resume' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at resume; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at attach' -l control -d 'Let the keys stop, pause, skip and add.'
complete -c tunetop -n '__tunetop_at attach' -l headless -d 'Show progress without a screen.'
complete -c tunetop -n '__tunetop_at attach' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at attach' -l ssh -l no-ssh -d 'Save bytes on the line (default: over SSH).'
complete -c tunetop -n '__tunetop_at attach' -l mouse -l no-mouse -d 'Let the mouse be used.'
complete -c tunetop -n '__tunetop_at attach' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at attach' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at attach; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at list' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at list' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at list' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at show' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at show' -l view -d 'Print one view instead: heatmap, scatter, trajectory, …' -x -a 'heatmap scatter trajectory surface scatter3d bars parallel importance curves pareto'
complete -c tunetop -n '__tunetop_at show' -l width -d 'Columns of the view (default: the terminal\'s).' -x
complete -c tunetop -n '__tunetop_at show' -l height -d 'Lines of the view.' -x
complete -c tunetop -n '__tunetop_at show' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at show' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at show' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at show; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at stop' -l now -d 'Give up running folds.'
complete -c tunetop -n '__tunetop_at stop' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at stop' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at stop' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at stop; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at pause' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at pause' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at pause' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at pause; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at unpause' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at unpause' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at unpause' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at unpause; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at presets' -a show -d 'Print a preset: its file, or with --json what it says.'
complete -c tunetop -n '__tunetop_at presets' -a check -d 'Check a preset with its data, estimator, each choice and scorer, by fits on few rows, without running it.'
complete -c tunetop -n '__tunetop_at presets' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at presets' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at presets show' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at presets show' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at presets show' -a '(__tunetop_names presets) (__fish_complete_suffix .toml)'
complete -c tunetop -n '__tunetop_at presets show; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at presets check' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at presets check' -l allow-import -d 'A module that the preset may name besides.' -x
complete -c tunetop -n '__tunetop_at presets check' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at presets check' -a '(__tunetop_names presets) (__fish_complete_suffix .toml)'
complete -c tunetop -n '__tunetop_at presets check; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at add' -l workers -s w -d 'Worker processes (default: all cores).' -x
complete -c tunetop -n '__tunetop_at add' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at add' -l allow-import -d 'A module that the preset may name besides.' -x
complete -c tunetop -n '__tunetop_at add' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at add' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at add' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at add; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at race' -l seeds -d 'How many seeds, each a run of its own (default: 10).' -x
complete -c tunetop -n '__tunetop_at race' -l first-seed -d 'The first of them (default: 0).' -x
complete -c tunetop -n '__tunetop_at race' -l methods -d 'Methods to run, with commas between.' -x -a '(__tunetop_list grid random refine bayes halving optuna)'
complete -c tunetop -n '__tunetop_at race' -l resume -d 'Go on: seeds that are done stay, a half-done one is resumed.'
complete -c tunetop -n '__tunetop_at race' -l open -d 'Look at a race, live or over, and run nothing.'
complete -c tunetop -n '__tunetop_at race' -l workers -s w -d 'Worker processes (default: all cores).' -x
complete -c tunetop -n '__tunetop_at race' -l cluster -d 'Run folds on a Dask cluster, tcp://HOST:PORT, tls://…, file:…; ray:auto' -x
complete -c tunetop -n '__tunetop_at race' -l set -d 'Change a value of the preset.' -x
complete -c tunetop -n '__tunetop_at race' -l to -d 'Folder for copies of race.json, race.md, race.csv.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at race' -l force -d 'Overwrite such files that are in --to already.'
complete -c tunetop -n '__tunetop_at race' -l headless -d 'Show progress without a screen.'
complete -c tunetop -n '__tunetop_at race' -l detach -d 'Run free of this terminal, and return at once.'
complete -c tunetop -n '__tunetop_at race' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at race' -l allow-import -d 'A module that the preset may name besides.' -x
complete -c tunetop -n '__tunetop_at race' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at race' -l ssh -l no-ssh -d 'Save bytes on the line (default: over SSH).'
complete -c tunetop -n '__tunetop_at race' -l mouse -l no-mouse -d 'Let the mouse be used.'
complete -c tunetop -n '__tunetop_at race' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at race' -a '(__tunetop_names presets-races) (__fish_complete_suffix .toml)'
complete -c tunetop -n '__tunetop_at race; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at clean' -l older-than -d 'Runs untouched for so long: 30d, 12h, 4w.' -x
complete -c tunetop -n '__tunetop_at clean' -l keep -d 'All but so many of the newest.' -x
complete -c tunetop -n '__tunetop_at clean' -l dry-run -d 'Only say what would go.'
complete -c tunetop -n '__tunetop_at clean' -l yes -d 'Ask nothing.'
complete -c tunetop -n '__tunetop_at clean' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at clean' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at clean' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at clean; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at compare' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at compare' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at compare' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at compare' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at compare; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at completion' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at completion' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at completion' -a 'bash zsh fish'
complete -c tunetop -n '__tunetop_at doctor' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at doctor' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at doctor' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at export' -l to -d 'Folder for the files (default: the run\'s own).' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at export' -l format -d 'csv, json, md, cv_results, optuna, optuna-journal, png, svg, pdf, model, joblib, python; commas between.' -x -a '(__tunetop_list csv json md cv_results optuna optuna-journal png svg pdf model joblib python all)'
complete -c tunetop -n '__tunetop_at export' -l view -d 'Which picture: heatmap, scatter, trajectory, …, article (six panels), all; of a race: curves, seeds.' -x -a 'heatmap scatter trajectory surface scatter3d bars parallel importance curves pareto article curves seeds all'
complete -c tunetop -n '__tunetop_at export' -l theme -d 'The pictures\' colours: light or dark.' -x -a 'dark light'
complete -c tunetop -n '__tunetop_at export' -l method -d 'Whose winner (default: the method that the verdict speaks of).' -x -a 'grid random refine bayes halving optuna'
complete -c tunetop -n '__tunetop_at export' -l allow-import -d 'A module that the preset may name besides.' -x
complete -c tunetop -n '__tunetop_at export' -l force -d 'Overwrite files that are there.'
complete -c tunetop -n '__tunetop_at export' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at export' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at export' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at export' -a '(__tunetop_names runs-races)'
complete -c tunetop -n '__tunetop_at export; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at predict' -l to -d 'Where the predictions go (default: stdout).' -r -F
complete -c tunetop -n '__tunetop_at predict' -l proba -d 'A column with the probability of each class.'
complete -c tunetop -n '__tunetop_at predict' -l method -d 'Whose winner (default: the method that the verdict speaks of).' -x -a 'grid random refine bayes halving optuna'
complete -c tunetop -n '__tunetop_at predict' -l force -d 'Overwrite the file that is there.'
complete -c tunetop -n '__tunetop_at predict' -l allow-import -d 'A module that the preset may name besides.' -x
complete -c tunetop -n '__tunetop_at predict' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at predict' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at predict' -a '(__tunetop_names runs)'
complete -c tunetop -n '__tunetop_at predict; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at predict' -F
complete -c tunetop -n '__tunetop_at report' -l to -d 'Where it goes (default: the first one\'s folder).' -r -F
complete -c tunetop -n '__tunetop_at report' -l open -d 'Open it in the browser.'
complete -c tunetop -n '__tunetop_at report' -l force -d 'Replace what is there.'
complete -c tunetop -n '__tunetop_at report' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at report' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at report' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at report' -a '(__tunetop_names runs-races)'
complete -c tunetop -n '__tunetop_at report; and __tunetop_path' -F
complete -c tunetop -n '__tunetop_at watch' -l study -d 'The study, where there are several.' -x
complete -c tunetop -n '__tunetop_at watch' -l of -d 'How many trials there will be, where nobody says.' -x
complete -c tunetop -n '__tunetop_at watch' -l direction -d 'Which way the metric counts, where nobody says: minimize or maximize.' -x -a 'minimize maximize'
complete -c tunetop -n '__tunetop_at watch' -l metric -d 'The metric of a Ray experiment that leads.' -x
complete -c tunetop -n '__tunetop_at watch' -l mode -d 'min or max, as Ray says it.' -x -a 'min max'
complete -c tunetop -n '__tunetop_at watch' -l record -d 'Keep what is watched as a run of its own.'
complete -c tunetop -n '__tunetop_at watch' -l resume -d 'With a command: do not fit again what was recorded before.'
complete -c tunetop -n '__tunetop_at watch' -l headless -d 'Show progress without a screen.'
complete -c tunetop -n '__tunetop_at watch' -l json -d 'Print one JSON document on stdout.'
complete -c tunetop -n '__tunetop_at watch' -l runs-dir -d 'Where runs are kept.' -x -a '(__fish_complete_directories)'
complete -c tunetop -n '__tunetop_at watch' -l ssh -l no-ssh -d 'Save bytes on the line (default: over SSH).'
complete -c tunetop -n '__tunetop_at watch' -l mouse -l no-mouse -d 'Let the mouse be used.'
complete -c tunetop -n '__tunetop_at watch' -l help -s h -d 'Show what there is, and end.'
complete -c tunetop -n '__tunetop_at watch' -F
