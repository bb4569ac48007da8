// Package read turns a file into its text: paragraphs and table rows in reading
// order, with the page and the heading level where the format states them.
//
// The format is told by the content, never by the name alone. One file per format;
// all of them write through a sink (sink.go), which takes invisible characters out,
// cuts overlong paragraphs and holds the limits. Archives are opened by zip.go and
// XML is read by xml.go, which know the tricks: bombs, entities, endless nesting.
//
// Two formats hide what a clause is called: in docx and doc (unless the .doc is RTF, which
// writes them out) the numbers of chapters
// and articles are often automatic, and stand nowhere in the text. list.go counts them
// as Word does; docx_styles.go and msdoc_list.go only bring it the definitions.
//
// What a reader of the document cannot see (hidden runs, white or tiny text, hidden
// sheets, styles that show nothing) is not text: it goes to Text.Hidden, for review,
// because it is where instructions to a machine are put.
package read
