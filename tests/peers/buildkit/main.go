// What BuildKit's own parser says of Dockerfiles, for tests that compare.
//
// Standard input holds a JSON list of texts; standard output gets a list of the same length. A text that BuildKit
// refuses has an error; any other one has its images: that of the syntax directive, and what FROM, COPY --from and
// RUN --mount=from name, also under ONBUILD. Stages and scratch are only there where a variable leads to them.
package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/frontend/dockerfile/shell"
)

// Image is one place: as it is written, and with the defaults of the global arguments in the place of variables.
type Image struct {
	Written  string `json:"written"`
	Expanded string `json:"expanded"`
}

// Answer is what is said of one text.
type Answer struct {
	Error  string  `json:"error"`
	Images []Image `json:"images"`
}

// File is one Dockerfile while its images are gathered.
type File struct {
	lex    *shell.Lex
	args   map[string]string
	stages map[string]bool
	images []Image
}

// Keys and Get are what BuildKit asks of an environment.
func (f *File) Keys() []string {
	keys := make([]string, 0, len(f.args))
	for key := range f.args {
		keys = append(keys, key)
	}
	return keys
}

// Get returns the value of an argument.
func (f *File) Get(key string) (string, bool) {
	value, ok := f.args[key]
	return value, ok
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := make([]Answer, len(texts))
	for i, text := range texts {
		images, err := read(text)
		answers[i] = Answer{Images: images}
		if err != nil {
			answers[i] = Answer{Error: err.Error()}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func read(text string) ([]Image, error) {
	parsed, err := parser.Parse(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	// Without a linter, Parse crashes at a comment like "# check=…" above an instruction.
	stages, metaArgs, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{SkipAll: true}))
	if err != nil {
		return nil, err
	}
	f := &File{lex: shell.NewLex(parsed.EscapeToken), args: map[string]string{}, stages: map[string]bool{}}
	if image, _, _, ok := parser.DetectSyntax([]byte(text)); ok {
		f.images = append(f.images, Image{image, image})
	}
	for _, stage := range stages {
		if stage.Name != "" {
			f.stages[strings.ToLower(stage.Name)] = true
		}
	}
	for _, command := range metaArgs {
		for _, pair := range command.Args {
			if pair.Value != nil {
				value, _, err := f.lex.ProcessWord(*pair.Value, f)
				if err != nil {
					return nil, err
				}
				f.args[pair.Key] = value
			}
		}
	}
	earlier := map[string]bool{}
	for _, stage := range stages {
		expanded, _, err := f.lex.ProcessWord(stage.BaseName, f)
		if err != nil {
			return nil, err
		}
		isImage := expanded != "scratch" && !earlier[strings.ToLower(expanded)]
		if isImage || strings.Contains(stage.BaseName, "$") {
			f.images = append(f.images, Image{stage.BaseName, expanded})
		}
		if stage.Name != "" {
			earlier[strings.ToLower(stage.Name)] = true
		}
		for _, command := range stage.Commands {
			if err := f.command(command); err != nil {
				return nil, err
			}
		}
	}
	return f.images, nil
}

func (f *File) command(command instructions.Command) error {
	switch c := command.(type) {
	case *instructions.CopyCommand:
		if _, err := strconv.Atoi(c.From); err != nil {
			f.source(c.From)
		}
	case *instructions.RunCommand:
		for _, mount := range instructions.GetMounts(c) {
			f.source(mount.From)
		}
	case *instructions.OnbuildCommand:
		parsed, err := parser.Parse(strings.NewReader(c.Expression))
		if err != nil {
			return err
		}
		trigger, err := instructions.ParseCommand(parsed.AST.Children[0])
		if err != nil {
			return err
		}
		return f.command(trigger)
	}
	return nil
}

func (f *File) source(name string) {
	if name != "" && name != "scratch" && !f.stages[strings.ToLower(name)] {
		f.images = append(f.images, Image{name, name})
	}
}
