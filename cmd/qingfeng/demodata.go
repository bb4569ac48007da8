package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"qingfeng/bot/form"
	"qingfeng/bot/pg"
	"qingfeng/bot/wecom/wecomsim"
)

// demoFiles is a fictional bureau and the scripts of its story. Everything in it is
// invented.
//
//go:embed demodata
var demoFiles embed.FS

// sheetOf turns a table of demodata into the xlsx that an office would upload, so
// that the demo goes through the real import. edit, if any, changes the rows first;
// row 0 is the header.
func sheetOf(kind form.Import, edit func([][]string)) ([]byte, error) {
	raw, err := demoFiles.ReadFile("demodata/" + string(kind) + ".csv")
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("demo %s: %w", kind, err)
	}
	if edit != nil {
		edit(rows)
	}
	book := excelize.NewFile()
	defer book.Close()
	for i, row := range rows {
		cell, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return nil, err
		}
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// loadDemo imports the fictional bureau.
func loadDemo(ctx context.Context, r *pg.Register) error {
	for _, kind := range []form.Import{form.ImportRoster, form.ImportCatalogue, form.ImportPoints} {
		data, err := sheetOf(kind, nil)
		if err != nil {
			return err
		}
		if err := importAll(ctx, r, kind, data); err != nil {
			return err
		}
	}
	return nil
}

// importAll imports a sheet that must not have an issue.
func importAll(ctx context.Context, r *pg.Register, kind form.Import, data []byte) error {
	report, err := importSheet(ctx, r, kind, data, false)
	if err != nil {
		return fmt.Errorf("demo %s: %w", kind, err)
	}
	if !report.Done {
		var lines []string
		for _, i := range report.Issues {
			lines = append(lines, i.String())
		}
		return fmt.Errorf("demo %s: %s", kind, strings.Join(lines, "; "))
	}
	return nil
}

// unitOf makes the simulator's departments and members of a bureau's roster.
func unitOf(ctx context.Context, r *pg.Register) (departments []wecomsim.Department, members []wecomsim.Member, err error) {
	unit, err := r.Unit(ctx)
	if err != nil {
		return nil, nil, err
	}
	sections, err := r.Sections(ctx)
	if err != nil {
		return nil, nil, err
	}
	departments = []wecomsim.Department{{ID: 1, Name: unit.Name}}
	for i, s := range sections {
		departments = append(departments, wecomsim.Department{ID: i + 2, Name: s.Name, ParentID: 1, Order: len(sections) - i})
	}
	holders, err := r.Holders(ctx, 0)
	if err != nil {
		return nil, nil, err
	}
	add := func(m wecomsim.Member) {
		if !slices.ContainsFunc(members, func(have wecomsim.Member) bool { return strings.EqualFold(have.UserID, m.UserID) }) {
			members = append(members, m)
		}
	}
	for _, h := range holders {
		at := slices.IndexFunc(departments, func(d wecomsim.Department) bool { return d.Name == h.Post.Section })
		m := wecomsim.Member{UserID: string(h.Person.UserID), Name: h.Person.Name, Position: h.Post.Name, Departments: []int{1}}
		if at > 0 {
			m.Departments = []int{departments[at].ID}
		}
		add(m)
	}
	// Who supervises holds no post here.
	people, err := r.DB.Pool().Query(ctx, `SELECT userid, name FROM person WHERE active ORDER BY id`)
	if err != nil {
		return nil, nil, err
	}
	defer people.Close()
	for people.Next() {
		var m wecomsim.Member
		if err := people.Scan(&m.UserID, &m.Name); err != nil {
			return nil, nil, err
		}
		m.Departments = []int{1}
		add(m)
	}
	return departments, members, people.Err()
}
