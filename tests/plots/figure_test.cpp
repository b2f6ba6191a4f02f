#include "plots/figure.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <regex>
#include <set>

#include "core/algebra/products.hpp"
#include "core/base/atomic_file.hpp"
#include "core/base/json.hpp"
#include "plots/arrows_figure.hpp"
#include "plots/basic_figure.hpp"
#include "plots/feature_graph_figure.hpp"
#include "plots/loss_comparison_figure.hpp"
#include "plots/network_figure.hpp"
#include "plots/packing_figure.hpp"
#include "plots/packing_survey_figure.hpp"
#include "plots/phase_figure.hpp"
#include "plots/recovery_figure.hpp"
#include "plots/series_figure.hpp"
#include "plots/stack_figure.hpp"
#include "plots/vectors_figure.hpp"
#include "tests/temporary_folder.hpp"

namespace {

using namespace digon;
using nlohmann::json;

/// A whole SVG, a whole PNG, the script, and the points where it can be pointed at; nothing else.
void check_drawn(const std::filesystem::path& path) {
  const bool pointed_at = std::filesystem::exists(path.string() + ".points.json");
  const std::string svg = read_file(path.string() + ".svg");
  CHECK(svg.find("</svg>") != std::string::npos);
  CHECK(svg.find("warning") == std::string::npos);
  const std::string png = read_file(path.string() + ".png");
  CHECK(png.substr(0, 4) == "\x89PNG");
  CHECK(png.find("IEND") != std::string::npos);
  CHECK_FALSE(read_file(path.string() + ".gp").empty());
  CHECK(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}) == (pointed_at ? 4 : 3));
}

json read_points(const std::filesystem::path& path) {
  return parse_json(read_file(path), path.string());
}

}  // namespace

TEST_CASE("the arrows figure is drawn, absent features included") {
  const TemporaryFolder folder;
  Eigen::MatrixXd W = Eigen::MatrixXd::Zero(2, 3);
  W.col(0) << 1.0, 0.2;
  draw_arrows(folder.path() / "arrows", {{"one", "sub", W}, {"two", "sub", -W}}, {"a", "b", "c"});
  check_drawn(folder.path() / "arrows");
  CHECK(read_file(folder.path() / "arrows.svg").find("hidden dimension 1") != std::string::npos);
}

TEST_CASE("the basic figure is drawn") {
  const TemporaryFolder folder;
  const BasicPanel panel{"S = 0", Eigen::MatrixXd::Identity(4, 4), Eigen::VectorXd::Ones(4),
                         Eigen::VectorXd::Ones(4), Eigen::VectorXd::Zero(4)};
  draw_basic(folder.path() / "basic", {panel, panel});
  check_drawn(folder.path() / "basic");
}

TEST_CASE("the loss comparison is drawn, also for many features") {
  const TemporaryFolder folder;
  const LossComparison few{"0.1", Eigen::Vector3d(0.0, 0.2, 0.1), 0.3, 0.31, 0.01};
  const LossComparison many{"1", Eigen::VectorXd::Constant(41, 0.01), 0.41, 0.40, 0.02};
  draw_loss_comparison(folder.path() / "loss", {few, many}, {"title", "density", "loss"});
  check_drawn(folder.path() / "loss");
  CHECK(read_file(folder.path() / "loss.gp").find("21–40") != std::string::npos);
}

TEST_CASE("the hull of an octahedron: twelve edges, the nine about its upper faces seen from above") {
  Eigen::MatrixXd octahedron(3, 6);
  octahedron << 1, -1, 0, 0, 0, 0,  //
      0, 0, 1, -1, 0, 0,            //
      0, 0, 0, 0, 1, -1;
  // Turned so that a face looks up: that face, and the three beside it, are seen.
  Eigen::MatrixXd turn(3, 3);
  turn << 1, -1, 0,  //
      1, 1, -2,      //
      1, 1, 1;
  const std::vector<HullEdge> edges = hull_edges(product(turn.rowwise().normalized(), octahedron));
  CHECK(edges.size() == 12);
  CHECK(std::count_if(edges.begin(), edges.end(), [](const HullEdge& edge) { return edge.visible; }) == 9);
}

TEST_CASE("packings are drawn: on the circle, on the sphere, by their Gram matrix") {
  for (const Eigen::Index m : {2, 3, 5}) {
    const TemporaryFolder folder;
    const Eigen::MatrixXd W = Eigen::MatrixXd::Random(m, 7).colwise().normalized();
    draw_packing(folder.path() / "packing", {"seven points", W, {{-0.5, 20}, {0.5, 1}}});
    check_drawn(folder.path() / "packing");
  }
}

TEST_CASE("the survey of packings is drawn") {
  const TemporaryFolder folder;
  draw_packing_survey(folder.path() / "survey", {{12, -1e-11, 1.0}, {60, 2e-10, 0.35}});
  check_drawn(folder.path() / "survey");
}

TEST_CASE("a dot's place on the figure follows the axes, logarithms and free ranges included") {
  const TemporaryFolder folder;
  SeriesPanel panel{
      "t", "{/:Italic x}", "y", {{"dots", {{1.0, 0.0}, {10.0, 2.0}, {100.0, 1.0}}, SeriesStyle::points}}};
  panel.x_scale = AxisScale::logarithmic;
  panel.series[0].notes = {"a", "b", "c"};
  draw_series(folder.path() / "dots", "dots", {panel});
  const json area = read_points(folder.path() / "dots.points.json")["areas"][0];
  CHECK(area["columns"] == json({"series", "x", "y", "of"}));
  const auto at = [&](std::size_t k, std::size_t axis) { return area["points"][k][axis].get<double>(); };
  CHECK(at(0, 0) == Approx(area["left"].get<double>()).margin(1e-3));
  CHECK(at(1, 0) == Approx(0.5 * (area["left"].get<double>() + area["right"].get<double>())).margin(1e-3));
  CHECK(at(2, 0) == Approx(area["right"].get<double>()).margin(1e-3));
  CHECK(at(0, 1) == Approx(area["bottom"].get<double>()).margin(1e-3));
  CHECK(at(1, 1) == Approx(area["top"].get<double>()).margin(1e-3));
  CHECK(area["points"][1].back() == "b");
  CHECK(area["right"].get<double>() > 0.9);  // no margin for names of levels where there are none
  CHECK(plain_text("‖{/:Italic W}_1‖, {/:Italic n} = 5") == "‖W_1‖, n = 5");
}

TEST_CASE("series are drawn in every style, and neuron stacks") {
  const TemporaryFolder series;
  SeriesPanel panel{"title", "x", "y", {{"line", {{1.0, 0.1}, {10.0, 0.9}}}}};
  for (const SeriesStyle style : {SeriesStyle::points, SeriesStyle::line_and_points, SeriesStyle::bars}) {
    panel.series.push_back({"more", {{2.0, 0.2}, {5.0, 0.5}}, style, 3});
  }
  panel.x_scale = AxisScale::logarithmic;
  panel.levels = {{0.5, "digon"}};
  draw_series(series.path() / "series", "all styles", {panel, panel, panel, panel});
  check_drawn(series.path() / "series");
  CHECK(read_file(series.path() / "series.svg").find("digon") != std::string::npos);

  const TemporaryFolder stacks;
  draw_stacks(stacks.path() / "stacks", "stacks",
              {{"few", Eigen::MatrixXd::Random(4, 3)}, {"many", Eigen::MatrixXd::Random(4, 20)}}, 2);
  check_drawn(stacks.path() / "stacks");
}

TEST_CASE("whole numbers become subscripts") {
  CHECK(subscripted("30 digons (cross-polytope_30)") == "30 digons (cross-polytope_{30})");
  CHECK(subscripted("2 × simplex_4 ⊥ Gosset 3_21") == "2 × simplex_{4} ⊥ Gosset 3_{21}");
  CHECK(subscripted("3 digons") == "3 digons");
}

TEST_CASE("feature graphs are drawn, also without an edge") {
  const TemporaryFolder folder;
  Eigen::MatrixXd gram = Eigen::MatrixXd::Identity(5, 5);
  gram(0, 1) = gram(1, 0) = -1.0;
  draw_feature_graphs(folder.path() / "graphs", "graphs",
                      {{"one", "3 dedicated ⊥ digon", gram, {{{0, 1}, "a digon"}, {{2}}, {{3}}, {{4}}}},
                       {"none", "", Eigen::MatrixXd::Identity(2, 2), {{{0}}, {{1}}}}});
  check_drawn(folder.path() / "graphs");
}

TEST_CASE("vectors in space and networks are drawn, also without a weight") {
  const TemporaryFolder folder;
  draw_vectors(
      folder.path() / "vectors", "vectors",
      {{"start", "", Eigen::Matrix3Xd::Identity(3, 4)}, {"end", "turned", -Eigen::Matrix3Xd::Identity(3, 4)}},
      {{"set 1", {0, 1, 2}, 0}, {"set 2", {3}, 3}});
  check_drawn(folder.path() / "vectors");
  const TemporaryFolder other;
  draw_networks(other.path() / "networks", "networks",
                {{"pair", Eigen::Vector2d(1.0, -1.0), Eigen::RowVector2d(1.0, 1.0)},
                 {"nothing", Eigen::Vector2d::Zero(), Eigen::RowVector2d::Zero()}});
  check_drawn(other.path() / "networks");
}

TEST_CASE("features and neurons are numbered from 0 in every figure") {
  const auto labels_of = [](const std::filesystem::path& svg) {
    const std::string text = read_file(svg);
    std::set<std::string> labels;
    const std::regex label(R"(>\s*(\d+)\s*<)");
    for (std::sregex_iterator at(text.begin(), text.end(), label); at != std::sregex_iterator(); ++at) {
      labels.insert((*at)[1].str());
    }
    return labels;
  };
  const TemporaryFolder folder;
  draw_networks(folder.path() / "networks", "networks",
                {{"three features, two neurons", Eigen::MatrixXd::Ones(2, 3), Eigen::MatrixXd::Ones(3, 2)}});
  CHECK(labels_of(folder.path() / "networks.svg") == std::set<std::string>{"0", "1", "2"});
  draw_arrows(folder.path() / "arrows", {{"", "", 3.0 * Eigen::MatrixXd::Identity(2, 2)}}, {"a", "b"});
  const auto arrows = read_file(folder.path() / "arrows.gp");
  CHECK(std::regex_search(arrows, std::regex(R"(3 0 [\d.]+ 0 0 \n0 3 0 [\d.]+ 1 \n)")));
  draw_stacks(folder.path() / "stacks", "stacks", {{"", Eigen::MatrixXd::Identity(3, 3)}});
  const json first = read_points(folder.path() / "stacks.points.json")["areas"][0]["points"][0];
  CHECK(first[2] == "0");
  CHECK(first[3] == "0");
  const BasicPanel panel{"", Eigen::MatrixXd::Identity(6, 6), Eigen::VectorXd::Ones(6),
                         Eigen::VectorXd::Ones(6), Eigen::VectorXd::Zero(6)};
  draw_basic(folder.path() / "basic", {panel});
  const std::string basic = read_file(folder.path() / "basic.gp");
  CHECK(basic.find("('0' 0, '3' 3,") != std::string::npos);
  CHECK(basic.find("0 0 1 \n1 0 0 \n") != std::string::npos);
}

TEST_CASE("phases are drawn, with and without trained models") {
  for (const bool trained : {false, true}) {
    const TemporaryFolder folder;
    PhaseDiagram diagram;
    diagram.title = "phases";
    diagram.density = Eigen::Vector2d(0.1, 1.0);
    diagram.relative_importance = Eigen::Vector2d(0.5, 2.0);
    diagram.candidate_phase = diagram.exact_phase = Eigen::MatrixXi::Ones(2, 2);
    diagram.exact_loss = Eigen::MatrixXd::Constant(2, 2, 0.02);
    diagram.candidate_excess = Eigen::MatrixXd::Constant(2, 2, 0.01);
    diagram.boundary = {{0.3, 1.0}};
    if (trained) {
      diagram.trained_phase = diagram.exact_phase;
      diagram.trained_excess = diagram.candidate_excess;
    }
    draw_phases(folder.path() / "phase", diagram);
    check_drawn(folder.path() / "phase");
    CHECK((read_file(folder.path() / "phase.svg").find("trained models") != std::string::npos) == trained);
    const json areas = read_points(folder.path() / "phase.points.json")["areas"];
    REQUIRE(areas.size() == (trained ? 4 : 3));
    // Cells in the quarters of the frame; the density falls to the right.
    const json& area = areas[0];
    const double across = area["right"].get<double>() - area["left"].get<double>();
    const json& densest = area["points"][1];
    CHECK(densest[0].get<double>() == Approx(area["left"].get<double>() + 0.25 * across).margin(1e-3));
    CHECK(densest[2] == "1");
    CHECK(area["columns"][0] == "density");
  }
}

TEST_CASE("recovery is drawn as cells that reach half way to their neighbours, each with its share") {
  const TemporaryFolder folder;
  RecoveryPanel panel{"x", {0.2, 0.6}, {0.1, 0.5, 0.9}, Eigen::MatrixXd::Constant(3, 2, 0.25)};
  panel.share(2, 1) = 0.0;
  panel.threshold = {{0.1, 0.2}, {0.9, 0.8}};
  panel.half = {{0.2, 0.3}};
  draw_recovery(folder.path() / "recovery", "recovery", {panel, panel});
  check_drawn(folder.path() / "recovery");
  const json areas = read_points(folder.path() / "recovery.points.json")["areas"];
  REQUIRE(areas.size() == 2);
  REQUIRE(areas[0]["points"].size() == 6);
  const double across = areas[0]["right"].get<double>() - areas[0]["left"].get<double>();
  CHECK(areas[0]["points"][0][0].get<double>() ==
        Approx(areas[0]["left"].get<double>() + 0.2 * across).margin(1e-3));
  CHECK(areas[0]["points"][0][4] == "0.25");
  CHECK(areas[0]["points"][5][4] == "0");
}

TEST_CASE("a script gnuplot cannot draw is an error") {
  const TemporaryFolder folder;
  Figure figure(100, 100);
  figure << "plot nonsense of no kind\n";
  CHECK_THROWS_AS(figure.save(folder.path() / "bad"), std::runtime_error);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "bad.png"));
}

TEST_CASE("ordered colours run from one end of viridis to the other") {
  CHECK(ordered_color(0.0) == "#440154");
  CHECK(ordered_color(1.0) == "#fde725");
}
