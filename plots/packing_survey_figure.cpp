#include "plots/packing_survey_figure.hpp"

#include <fmt/format.h>

#include "plots/figure.hpp"

namespace digon {

void draw_packing_survey(const std::filesystem::path& path, const std::vector<PackingSurveyRow>& rows) {
  Figure figure(760, 520);
  std::vector<std::vector<double>> values;
  values.reserve(rows.size());
  for (const PackingSurveyRow& row : rows)
    values.push_back({row.points, 1e9 * row.relative_excess, 100.0 * row.hit_rate});
  figure.data("survey", values);
  figure << "set multiplot\nset tics out nomirror\nset border 3\nset grid ytics lc rgb '#dddddd'\nset xrange "
            "[0:*]\n"
            "set label 1 \"Thomson's problem: Digon's lowest energy beside the table's\" at screen 0.5,0.96 "
            "center\n";
  figure.place(85, 290, 640, 180);
  figure << "set ylabel 'excess over the table, 10^{-9}' offset 0.5\nset yrange [-2.5:3.9]\nset format x ''\n"
            "plot 2 with lines dt 2 lc rgb '#999999' title 'tolerance', -2 with lines dt 2 lc rgb '#999999' "
            "notitle, "
            "$survey using 1:2 with points pt 7 ps 0.5 lc rgb '#0072b2' title 'relative excess'\nunset label "
            "1\n";
  PlotPoints points{{"points", "relative excess", "starts at the lowest, %"}, {}};
  for (const PackingSurveyRow& row : rows) {
    points.points.push_back({row.points,
                             1e9 * row.relative_excess,
                             {fmt::format("{}", row.points), fmt::format("{:.1e}", row.relative_excess),
                              fmt::format("{:.0f}", 100.0 * row.hit_rate)}});
  }
  figure.can_be_pointed_at(std::move(points));
  figure.place(85, 65, 640, 190);
  figure << "set format x '%g'\nset xlabel 'number of points {/:Italic n}'\nset ylabel 'starts at the lowest "
            "energy, %' "
            "offset 0.5\nset yrange [0:105]\nplot $survey using 1:3 with impulses lw 2 lc rgb '#56b4e9' "
            "notitle\nunset "
            "multiplot\n";
  figure.save(path);
}

}  // namespace digon
