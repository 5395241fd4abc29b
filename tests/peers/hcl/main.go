// What HCL's own parser says of files, for tests that compare.
//
// Standard input holds a JSON list of texts; standard output gets a list of the same length. A text that HCL refuses has
// an error; any other one has its templates: where each stands in bytes, what it stands for where that needs no
// evaluation, and the way to it from the top of the file.
package main

import (
	"encoding/json"
	"os"
	"sort"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Template is a quoted text or a heredoc; Value is nil where it has sequences.
type Template struct {
	Start int      `json:"start"`
	End   int      `json:"end"`
	Value *string  `json:"value"`
	Path  []string `json:"path"`
}

// Answer is what is said of one text.
type Answer struct {
	Error     string     `json:"error"`
	Templates []Template `json:"templates"`
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := make([]Answer, len(texts))
	for i, text := range texts {
		file, problems := hclsyntax.ParseConfig([]byte(text), "peer.hcl", hcl.InitialPos)
		if problems.HasErrors() {
			answers[i] = Answer{Error: problems.Error()}
			continue
		}
		found := &templates{source: []byte(text), places: map[hcl.Range]Template{}}
		found.readBody(file.Body.(*hclsyntax.Body), nil)
		answers[i] = Answer{Templates: found.sorted()}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

type templates struct {
	source []byte
	places map[hcl.Range]Template
}

func (t *templates) sorted() []Template {
	list := make([]Template, 0, len(t.places))
	for _, one := range t.places {
		list = append(list, one)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Start < list[j].Start })
	return list
}

func (t *templates) readBody(body *hclsyntax.Body, path []string) {
	for _, attribute := range body.Attributes {
		t.readValue(attribute.Expr, step(path, attribute.Name))
	}
	for _, block := range body.Blocks {
		inside := step(path, block.Type)
		for _, label := range block.Labels {
			inside = step(inside, label)
		}
		t.readBody(block.Body, inside)
	}
}

// readValue notes the templates of an expression: with their way through objects, tuples, calls and conditionals, and
// without one where they are only a part of what decides of a value.
func (t *templates) readValue(expression hclsyntax.Expression, path []string) {
	switch e := expression.(type) {
	case *hclsyntax.TemplateExpr:
		t.note(e, path)
		for _, part := range e.Parts {
			t.readRest(part)
		}
	case *hclsyntax.TemplateWrapExpr:
		t.places[e.SrcRange] = Template{e.SrcRange.Start.Byte, e.SrcRange.End.Byte, nil, path}
		t.readRest(e.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		t.readValue(e.Expression, path)
	case *hclsyntax.TupleConsExpr:
		for i, item := range e.Exprs {
			t.readValue(item, step(path, strconv.Itoa(i)))
		}
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			t.readRest(item.KeyExpr)
			t.readValue(item.ValueExpr, step(path, t.keyText(item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr))))
		}
	case *hclsyntax.FunctionCallExpr:
		for i, argument := range e.Args {
			t.readValue(argument, step(path, e.Name+"()", strconv.Itoa(i)))
		}
	case *hclsyntax.ConditionalExpr:
		t.readRest(e.Condition)
		t.readValue(e.TrueResult, path)
		t.readValue(e.FalseResult, path)
	case *hclsyntax.ForExpr:
		t.readRest(e.CollExpr)
		if e.KeyExpr != nil {
			t.readRest(e.KeyExpr)
		}
		if e.CondExpr != nil {
			t.readRest(e.CondExpr)
		}
		t.readValue(e.ValExpr, step(path, "for"))
	default:
		t.readRest(expression)
	}
}

// keyText returns the text of a key, or a star where it must be evaluated.
func (t *templates) keyText(key *hclsyntax.ObjectConsKeyExpr) string {
	if key.ForceNonLiteral {
		return "*"
	}
	switch e := key.Wrapped.(type) {
	case *hclsyntax.TemplateExpr:
		if e.IsStringLiteral() {
			value, _ := e.Value(nil)
			return value.AsString()
		}
	case *hclsyntax.LiteralValueExpr:
		return string(e.SrcRange.SliceBytes(t.source))
	}
	if keyword := hcl.ExprAsKeyword(key.Wrapped); keyword != "" {
		return keyword
	}
	return "*"
}

// readRest notes all templates of an expression without a way to them.
func (t *templates) readRest(expression hclsyntax.Expression) {
	hclsyntax.VisitAll(expression, func(node hclsyntax.Node) hcl.Diagnostics {
		switch e := node.(type) {
		case *hclsyntax.TemplateExpr:
			t.note(e, nil)
		case *hclsyntax.TemplateWrapExpr:
			t.places[e.SrcRange] = Template{e.SrcRange.Start.Byte, e.SrcRange.End.Byte, nil, nil}
		case *hclsyntax.ScopeTraversalExpr:
			t.noteIndexes(e.Traversal)
		case *hclsyntax.RelativeTraversalExpr:
			t.noteIndexes(e.Traversal)
		}
		return nil
	})
}

// note takes a template for one of the source unless it is what a directive decides of: that has no quotes of its own.
func (t *templates) note(e *hclsyntax.TemplateExpr, path []string) {
	if e.SrcRange.Start.Byte >= e.Parts[0].Range().Start.Byte {
		return
	}
	one := Template{e.SrcRange.Start.Byte, e.SrcRange.End.Byte, nil, path}
	if e.IsStringLiteral() {
		value, _ := e.Value(nil)
		text := value.AsString()
		one.Value = &text
	}
	t.places[e.SrcRange] = one
}

// noteIndexes notes the literals in brackets behind a name, which are no expressions any more for HCL.
func (t *templates) noteIndexes(traversal hcl.Traversal) {
	for _, one := range traversal {
		index, ok := one.(hcl.TraverseIndex)
		if !ok || index.Key.Type() != cty.String {
			continue
		}
		brackets := string(index.SrcRange.SliceBytes(t.source))
		start := index.SrcRange.Start.Byte + strings.IndexAny(brackets, "\"<")
		end := index.SrcRange.Start.Byte + len(strings.TrimRight(brackets, "] \t\r\n"))
		text := index.Key.AsString()
		t.places[index.SrcRange] = Template{start, end, &text, nil}
	}
}

func step(path []string, more ...string) []string {
	return append(append(make([]string, 0, len(path)+len(more)), path...), more...)
}
