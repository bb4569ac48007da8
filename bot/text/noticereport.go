package text

// 《公示情况说明》.
const (
	ReportFile  = "公示情况说明-%s.docx"
	ReportTitle = "廉政风险点公示情况说明"
	ReportHead  = "%s、%s"

	ReportScope      = "公示范围与对象"
	ReportScopeSay   = "本次公示为%s（公示编号%s，第%d版），共公示风险点%d个，涉及科室%d个、岗位%d个。公示范围：%s。公开的内容：%s。"
	ReportScopeVer   = "本版为更正公示，更正内容：%s"
	ReportScopeHide  = "另有%d条措施涉及抽查安排，按规定未公开。"
	ReportBookName   = "《%s》"
	ReportDates      = "公示起止时间"
	ReportDatesSay   = "公示自%s起，至%s止，共%d个工作日。"
	ReportPlaces     = "公示地点与照片"
	ReportPlacesNone = "系统中未登记公示地点和照片。"
	ReportPlacesSay  = "公示地点%d处，情况如下。"
	ReportPhoto      = "图%d　%s（%s）"
	ReportPhotoSee   = "见图%d"
	ReportPhotoNone  = "—"
	ReportWays       = "征求意见的方式"
	ReportWaysSay    = "公示期间通过以下方式接受意见：%s。公示中写明：反映具体人的问题不在此受理，请拨打12388或联系纪检监察机构。"
	ReportWaysNone   = "公示中写明的受理方式以公示原件为准。"
	ReportWithin     = "公示中承诺：收到意见后%d个工作日内答复。"
	ReportNumbers    = "收到意见情况"
	ReportNumbersSay = "公示期间共收到意见%d条，按来源统计如下。"
	ReportNoOpinion  = "公示期间未收到意见。"
	ReportOutcomes   = "意见采纳情况及理由"
	ReportOutcomeNo  = "无。"
	ReportOutcomeSay = "采纳%d条，部分采纳%d条，不采纳%d条，转有关机构办理或不属公示范围%d条，正在办理%d条。逐条情况如下，不记载意见原文和提出人。"
	ReportChanges    = "修改前后情况"
	ReportChangesNo  = "公示后没有修改风险点。"
	ReportChangesSay = "根据意见和核查情况，修改风险点%d处。"
	ReportEnd        = "结论"
	ReportEndNone    = "公示期间未收到意见。公示内容按公示稿执行，有关材料已存档。"
	ReportEndSome    = "公示期间收到的意见共%d条，已答复或转办%d条；风险点修改%d处，其余按公示稿执行，有关材料已存档。"
	ReportEndOpen    = "正在办理的%d条意见，办结后另行补充说明。"
	ReportEnclosed   = "附件：%d．%s"
	ReportEnclosed2  = "　　　%d．%s"
	ReportEnclosedIt = "%s（公示编号%s，第%d版）"
	ReportSeal       = "（印　章）"
	ReportNote       = "本说明由系统按登记情况生成，核对无误后盖章。"

	ReportColNo      = "序号"
	ReportColKind    = "方式"
	ReportColPlace   = "地点（网址）"
	ReportColOn      = "日期"
	ReportColPhoto   = "照片"
	ReportColChannel = "意见来源"
	ReportColCount   = "条数"
	ReportColTotal   = "合计"
	ReportColAbout   = "针对内容"
	ReportColType    = "意见类型"
	ReportColOutcome = "处理结果"
	ReportColReason  = "理由"
	ReportColPost    = "风险点（岗位）"
	ReportColBefore  = "修改前"
	ReportColAfter   = "修改后"
	ReportColWhy     = "修改原因"

	ReportAboutAll   = "公示整体"
	ReportAboutPoint = "第%d项风险点"
	ReportMerged     = "（并案办理）"
	ReportDecided    = "（%s确定）"
	ReportBadTotals  = "公示情况说明没有生成：意见的总数和分项对不上。请把这一情况告诉系统管理员。"
)

// ReportNumeral is a Chinese number for a heading, from 1.
func ReportNumeral(n int) string {
	return string([]rune(FormHanDigits)[n-1])
}

// ReportWords names codes as the report prints them; a code that has no name is itself.
func ReportWords(code string) string {
	names := map[string]string{
		"internal": "单位内部公示栏", "office": "办公场所（含来访人员）", "window": "服务窗口（服务对象）", "website": "网站（社会公众）",
		"board": "公示栏张贴", "desk": "岗位桌牌", "web": "网页发布", "other": "其他方式",
		"section": "科室", "post": "岗位", "holder": "在岗人员", "item": "职权事项", "node": "环节", "basis": "法规依据", "category": "风险类别",
		"title": "风险点", "manifestation": "表现形式", "level": "风险等级", "monitor": "监控责任", "measure": "防控措施", "who": "责任岗位",
		"frequency": "频次", "evidence": "佐证材料", "not_done": "未落实的判定", "supervision": "监督方式",
		"suggestion": "建议", "correction": "更正", "praise": "表扬",
		"adopted": "采纳", "partly": "部分采纳", "not": "不采纳",
	}
	if s, ok := names[code]; ok {
		return s
	}
	return code
}

// ReportPlaceKind is how a notice was placed.
func ReportPlaceKind(kind string) string {
	if kind == "window" {
		return "窗口摆放"
	}
	return ReportWords(kind)
}

// ReportKind is what an opinion was.
func ReportKind(kind string) string {
	if kind == "other" {
		return "其他"
	}
	return ReportWords(kind)
}

// ReportFate is what came of an opinion.
func ReportFate(fate string) string {
	switch fate {
	case "elsewhere":
		return "不属公示范围或已转有权机构办理"
	case "waiting":
		return "正在办理"
	}
	return ReportWords(fate)
}

// ReportChannelName is how an opinion came.
func ReportChannelName(channel string) string {
	switch channel {
	case "web":
		return "公示网页"
	case "phone":
		return "电话"
	case "visit":
		return "来访"
	case "box":
		return "意见箱"
	case "meeting":
		return "座谈"
	}
	return channel
}
